package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the store makes of a service's OpenMetrics text, scrape by scrape. */
class MetricsTest {
    private static final long START = 1_700_000_000;

    private final MetricStore metrics = new MetricStore();

    private static String bucket(String route, int status, String le, int count) {
        return ("http_server_request_duration_seconds_bucket{http_request_method=\"GET\",http_route=\"%s\","
                + "http_response_status_code=\"%d\",le=\"%s\"} %d").formatted(route, status, le, count);
    }

    private void scrape(long second, String... lines) {
        metrics.scraped(Instant.ofEpochSecond(second), String.join("\n", lines) + "\n# EOF\n");
    }

    /** A scrape at this second with this total number of /menu requests. */
    private void scrape(long second, int requests) {
        scrape(second, bucket("/menu", 200, "+Inf", requests));
    }

    private MetricStore.Curves curves(long from, int step, int steps) {
        return metrics.curves(new MetricStore.Steps(from, step, steps), "");
    }

    /** The rate of /menu in each second; null for a second without a scrape. */
    private List<Double> rate(long from, int seconds) {
        return curves(from, 1, seconds).requests().get("/menu");
    }

    @Test
    void showsTheGrowthBetweenScrapesPerSecond() {
        scrape(START, 100);
        scrape(START + 1, 104);
        scrape(START + 2, 104);
        scrape(START + 4, 110);

        assertEquals(Arrays.asList(null, 4.0, 0.0, null, 3.0), rate(START, 5));
        assertEquals(List.of(10 / 4.0), curves(START, 5, 1).requests().get("/menu"));
    }

    @Test
    void showsAGapWhileTheServiceIsAwayAndStartsAtZeroAfterItsRestart() {
        scrape(START, 100);
        metrics.missed(Instant.ofEpochSecond(START + 2));
        scrape(START + 3, 21);

        assertEquals(Arrays.asList(null, null, null, 7.0), rate(START, 4));
    }

    @Test
    void countsFromZeroWhenTheServiceWasSeenToStart() {
        metrics.missed(Instant.ofEpochSecond(START - 1));
        scrape(START, bucket("/menu", 200, "+Inf", 5), "process_cpu_seconds_total 6");

        assertEquals(List.of(5.0), rate(START, 1));
        assertEquals(List.of(0.0), curves(START, 1, 1).gauges().get("cpuCores"), "the start took the 6 s");
    }

    @Test
    void showsTheHighestValueOfAGaugeAndCpuAsCores() {
        for (int i = 0; i < 4; i++) {
            scrape(START + i, "http_server_active_requests{http_request_method=\"GET\"} " + i % 3,
                    "process_cpu_seconds_total " + (5 + i * .25),
                    "jvm_memory_pool_used_bytes{pool=\"Eden Space\"} 7",
                    "jvm_memory_pool_used_bytes{pool=\"Tenured Gen\"} " + 1_000 * i);
        }
        var gauges = curves(START, 2, 2).gauges();

        assertEquals(List.of(1.0, 2.0), gauges.get("activeRequests"));
        assertEquals(List.of(.25, .25), gauges.get("cpuCores"));
        assertEquals(List.of(1_000.0, 3_000.0), gauges.get("oldGenerationBytes"));
    }

    @Test
    void keeps4xxAnd5xxApartAndInterpolatesInsideABucket() {
        scrape(START, 0);
        scrape(START + 1, bucket("/menu", 200, "1", 48), bucket("/menu", 200, "2", 90),
                bucket("/menu", 200, "+Inf", 90), bucket("/menu", 404, "1", 2), bucket("/menu", 404, "2", 10),
                bucket("/menu", 404, "+Inf", 10), bucket("/menu", 503, "+Inf", 100), bucket("/idle", 200, "+Inf", 0));

        assertEquals(List.of(new MetricStore.RouteRow("/menu", 200, 200, 10, 100, 2, 2, 2)),
                metrics.rows(START, START + 2), "no bound above 2 s");
        var errors = curves(START + 1, 1, 1).errors();
        assertEquals(Map.of("4xx", List.of(.05), "5xx", List.of(.5)), errors);
        scrape(START + 2, bucket("/menu", 200, "1", 98), bucket("/menu", 200, "2", 190),
                bucket("/menu", 200, "+Inf", 190));
        var row = metrics.rows(START + 2, START + 3).getFirst();
        assertEquals(1, row.p50(), "50 of 100 took at most 1 s");
        assertEquals(1.9, row.p95());
        assertNull(metrics.curves(new MetricStore.Steps(START, 1, 2), "/idle").percentiles().get("p50").getLast());
    }

    @Test
    void keepsADotForEachTraceAndRouteOnce() {
        String payment = bucket("/payments", 201, "+Inf", 1) + " # {trace_id=\"abc\"} 0.05 " + START;
        String order = bucket("/orders", 201, "+Inf", 1) + " # {trace_id=\"abc\"} 0.06 " + START;
        scrape(START, payment, order);
        scrape(START + 1, payment, order);

        assertEquals(List.of(new MetricStore.Dot(START, .06, "abc", "GET", "/orders", "201")),
                metrics.curves(new MetricStore.Steps(START, 60, 1), "/orders").dots());
        assertEquals(2, curves(START, 60, 1).dots().size());
        assertEquals(Set.of("abc"), metrics.tracesWithDot());
    }

    @Test
    void boundsScrapesSeriesAndDots() {
        for (int i = 0; i <= MetricStore.MAX_DOTS; i++) {
            scrape(START + i, bucket("/" + i, 200, "+Inf", 1) + " # {trace_id=\"" + i + "\"} 0.2 " + START);
        }

        assertEquals(MetricStore.MAX_DOTS, metrics.tracesWithDot().size());
        assertTrue(metrics.tracesWithDot().contains("1"), "the second is the oldest that is left");
        assertEquals(MetricStore.MAX_SERIES, curves(START, 1, 1).requests().size());
        assertEquals(List.of(), metrics.rows(START, START + MetricStore.MAX_DOTS - MetricStore.SECONDS));
    }

    @Test
    void storesNothingOfAMalformedScrape() {
        scrape(START, 0);

        assertThrows(IllegalArgumentException.class, () -> scrape(START + 1, bucket("/menu", 200, "+Inf", 5),
                "http_server_request_duration_seconds_bucket{le=\"1"));

        assertEquals(List.of(), metrics.rows(START, START + 2));
    }

    @Test
    void readsLabelsExemplarsAndEscapes() {
        var samples = OpenMetrics.read("""
                # TYPE took_seconds histogram
                took_seconds_bucket{path="\\"x\\\\\\n",o="{,} # ",le="1"} 7 1700 # {trace_id="4bf9"} 0.25 1.5
                up +Inf
                # EOF
                """, _ -> true).toList();

        assertEquals(List.of(
                new OpenMetrics.Sample("took_seconds_bucket", Map.of("path", "\"x\\\n", "o", "{,} # ", "le", "1"), 7,
                        new OpenMetrics.Exemplar("4bf9", 0.25, 1.5)),
                new OpenMetrics.Sample("up", Map.of(), Double.POSITIVE_INFINITY, null)), samples);
    }

    @ParameterizedTest
    @ValueSource(strings = {"name", "name ", "name x", "name{ 1", "name{a} 1", "name{a=\"b} 1", "name{a=\"b\"}1",
        "name{a=\"\\", "n 1 # x", "n 1 # {a=\"b\"}"})
    void namesTheLineThatBreaksTheFormat(String line) {
        var problem = assertThrows(IllegalArgumentException.class,
                () -> OpenMetrics.read("ok 1\n" + line + "\n", _ -> true).toList());

        assertTrue(problem.getMessage().contains("was: " + line.strip()), problem.getMessage());
    }
}
