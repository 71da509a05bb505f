package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetricStoreTest {
    private static final long START = 1_700_000_000;
    private static final String BUCKET = "http_server_request_duration_seconds_bucket{http_request_method=\"%s\",http_route=\"%s\","
            + "http_response_status_code=\"%s\",le=\"%s\"} %d";

    private final MetricStore metrics = new MetricStore();

    /** A scrape at this second: so many requests of /menu in all. */
    private void scrape(long second, int requests, String... more) {
        metrics.scraped(Instant.ofEpochSecond(second), BUCKET.formatted("GET", "/menu", 200, "+Inf", requests)
                + "\n" + String.join("\n", more) + "\n# EOF\n");
    }

    /** The growth of the first series in each of so many seconds; -1 where no scrape was. */
    private long[] growth(long from, int seconds) {
        MetricStore.Answer answer = metrics.read(from, 1, seconds, "");
        long[] values = answer.series().getFirst().values();
        long[] growth = values.length == 0 ? new long[seconds] : values.clone();
        for (int i = 0; i < seconds; i++) {
            growth[i] = answer.millis()[i] == 0 ? -1 : growth[i];
        }
        return growth;
    }

    @Test
    void countsTheGrowthBetweenScrapes() {
        scrape(START, 100);
        scrape(START + 1, 104);
        scrape(START + 2, 104);

        assertArrayEquals(new long[] {-1, 4, 0}, growth(START, 3));
    }

    @Test
    void knowsHowLongALateScrapeStandsFor() {
        scrape(START, 0);
        scrape(START + 2, 10);

        assertArrayEquals(new long[] {0, 0, 2_000}, metrics.read(START, 1, 3, "").millis());
        assertArrayEquals(new long[] {-1, -1, 10}, growth(START, 3));
    }

    @Test
    void showsAGapWhileTheServiceIsAwayAndStartsAtZeroAfterItsRestart() {
        scrape(START, 100);
        metrics.missed(Instant.ofEpochSecond(START + 2));
        scrape(START + 3, 20);

        assertArrayEquals(new long[] {-1, -1, -1, 20}, growth(START, 4));
    }

    @Test
    void countsFromZeroWhenTheServiceWasSeenToStart() {
        metrics.missed(Instant.ofEpochSecond(START - 1));
        scrape(START, 5);

        assertArrayEquals(new long[] {5}, growth(START, 1));
    }

    @Test
    void addsSecondsUpToSteps() {
        for (int i = 0; i < 10; i++) {
            scrape(START + i, 3 * i);
        }

        MetricStore.Answer answer = metrics.read(START, 5, 2, "");

        assertArrayEquals(new long[] {12, 15}, answer.series().getFirst().values());
        assertArrayEquals(new long[] {4_000, 5_000}, answer.millis());
    }

    @Test
    void givesAGaugesGreatestValue() {
        for (int i = 0; i < 4; i++) {
            scrape(START + i, 0, "http_server_active_requests{http_request_method=\"GET\"} " + i % 3);
        }

        assertArrayEquals(new long[] {1, 2}, metrics.read(START, 2, 2, "").series().getLast().values());
    }

    @Test
    void forgetsWhatIsOlderThanTheRing() {
        scrape(START, 0);
        scrape(START + 1, 7);
        scrape(START + 1 + MetricStore.SECONDS, 7);

        assertArrayEquals(new long[] {-1, -1}, growth(START, 2));
        assertArrayEquals(new long[] {0}, growth(START + 1 + MetricStore.SECONDS, 1));
    }

    @Test
    void keepsADotForEachExemplarOnce() {
        String exemplar = BUCKET.formatted("GET", "/menu", "201", "+Inf", 1) + " # {trace_id=\"abc\"} 0.2 " + START;
        scrape(START, 0, exemplar);
        scrape(START + 1, 0, exemplar);

        assertTrue(metrics.hasDot("abc"));
        assertFalse(metrics.hasDot("abd"));
        assertEquals(List.of(new Exemplars.Dot(START, 0.2, "abc", "GET", "/menu", "201")), metrics.read(START, 60, 1, "/menu").dots());
    }

    @Test
    void keepsTheDotOfAnOrderBesideThatOfItsPayment() {
        scrape(START, 0, BUCKET.formatted("POST", "/payments", "201", "+Inf", 1) + " # {trace_id=\"abc\"} 0.05 " + START,
                BUCKET.formatted("POST", "/orders", "201", "+Inf", 1) + " # {trace_id=\"abc\"} 0.06 " + START);

        assertEquals(List.of("/orders", "/payments"), metrics.read(START, 60, 1, "").dots().stream().map(Exemplars.Dot::route).toList());
        assertEquals(List.of("/payments"), metrics.read(START, 60, 1, "/payments").dots().stream().map(Exemplars.Dot::route).toList());
    }

    @Test
    void letsTheOldestDotsGo() {
        for (int i = 0; i <= Exemplars.MAX_TRACES; i++) {
            scrape(START, 0, BUCKET.formatted("GET", "/menu", "201", "+Inf", 1) + " # {trace_id=\"" + i + "\"} 0.2 " + START);
        }

        assertFalse(metrics.hasDot("0"));
        assertTrue(metrics.hasDot("1"));
    }

    @Test
    void leavesOutSeriesBeyondTheBound() {
        var text = new StringBuilder();
        for (int i = 0; i < MetricStore.MAX_SERIES + 3; i++) {
            text.append(BUCKET.formatted("GET", "/" + i, "200", "+Inf", 1)).append('\n');
        }

        metrics.scraped(Instant.ofEpochSecond(START), text.toString());

        assertEquals(MetricStore.MAX_SERIES, metrics.status().series());
    }

    @Test
    void takesNothingFromABrokenText() {
        scrape(START, 0);

        assertThrows(IllegalArgumentException.class, () -> scrape(START + 1, 5, "http_server_request_duration_seconds_bucket{le=\"1"));

        assertArrayEquals(new long[] {-1, -1}, growth(START, 2));
    }
}
