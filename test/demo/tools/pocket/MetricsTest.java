package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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

    /** The rate of /menu in each second; null for a second without a scrape. */
    private List<Double> rate(long from, int seconds) {
        return metrics.curves(from, 1, seconds, "").requests().get("/menu");
    }

    @Test
    void showsTheGrowthBetweenScrapesPerSecond() {
        scrape(START, 100);
        scrape(START + 1, 104);
        scrape(START + 2, 104);
        scrape(START + 4, 110);

        assertEquals(Arrays.asList(null, 4.0, 0.0, null, 3.0), rate(START, 5));
        assertEquals(List.of(10 / 4.0), metrics.curves(START, 5, 1, "").requests().get("/menu"));
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
        assertEquals(List.of(0.0), metrics.curves(START, 1, 1, "").gauges().get("cpuCores"), "the start took the 6 s");
    }

    @Test
    void showsTheHighestValueOfAGaugeAndCpuAsCores() {
        for (int i = 0; i < 4; i++) {
            scrape(START + i, "http_server_active_requests{http_request_method=\"GET\"} " + i % 3,
                    "process_cpu_seconds_total " + (5 + i * .25),
                    "jvm_memory_pool_used_bytes{pool=\"Eden Space\"} 7",
                    "jvm_memory_pool_used_bytes{pool=\"Tenured Gen\"} " + 1_000 * i);
        }
        var gauges = metrics.curves(START, 2, 2, "").gauges();

        assertEquals(List.of(1.0, 2.0), gauges.get("activeRequests"));
        assertEquals(List.of(.25, .25), gauges.get("cpuCores"));
        assertEquals(List.of(1_000.0, 3_000.0), gauges.get("oldGenerationBytes"));
    }

    @Test
    void keeps4xxAnd5xxApartAndMarksPercentilesInTheLowestBucket() {
        scrape(START, bucket("/menu", 200, "0.005", 0));
        scrape(START + 1, bucket("/menu", 200, "0.005", 8), bucket("/menu", 200, "0.01", 8),
                bucket("/menu", 200, "+Inf", 8), bucket("/menu", 404, "+Inf", 1), bucket("/menu", 404, "0.005", 0),
                bucket("/menu", 404, "0.01", 1), bucket("/menu", 503, "+Inf", 1), bucket("/menu", 503, "0.01", 0),
                bucket("/menu", 503, "0.005", 0));

        var row = metrics.rows(START, START + 2).getFirst();
        assertEquals(new MetricStore.RouteRow("/menu", 10, 10, 1, 1, .005, .01, .01, .005), row);
        var curves = metrics.curves(START + 1, 1, 1, "");
        assertEquals(List.of(.1), curves.errors().get("4xx"));
        assertEquals(List.of(.1), curves.errors().get("5xx"));
        assertEquals(row.lowestBucket(), curves.percentiles().get("p50").getFirst());
    }

    @Test
    void interpolatesLinearlyInsideABucket() {
        scrape(START, bucket("/menu", 200, "1", 0));
        scrape(START + 1, bucket("/menu", 200, "1", 50), bucket("/menu", 200, "2", 100),
                bucket("/menu", 200, "+Inf", 100), bucket("/idle", 200, "+Inf", 0));

        assertEquals(1.9, metrics.rows(START, START + 2).getFirst().p95());
        assertNull(metrics.curves(START + 1, 1, 1, "/idle").percentiles().get("p50").getFirst());
    }

    @Test
    void keepsADotForEachTraceAndRouteOnce() {
        String payment = bucket("/payments", 201, "+Inf", 1) + " # {trace_id=\"abc\"} 0.05 " + START;
        String order = bucket("/orders", 201, "+Inf", 1) + " # {trace_id=\"abc\"} 0.06 " + START;
        scrape(START, payment, order);
        scrape(START + 1, payment, order);

        var dot = new MetricStore.Dot(START, .06, "abc", "GET", "/orders", "201");
        assertEquals(List.of(dot), metrics.curves(START, 60, 1, "/orders").dots());
        assertEquals(2, metrics.curves(START, 60, 1, "").dots().size());
        assertTrue(metrics.hasDot("abc"));
        assertFalse(metrics.hasDot("abd"));
    }

    @Test
    void boundsScrapesSeriesAndDots() {
        for (int i = 0; i <= MetricStore.MAX_DOTS; i++) {
            scrape(START + i, bucket("/" + i, 200, "+Inf", 1) + " # {trace_id=\"" + i + "\"} 0.2 " + START);
        }

        assertFalse(metrics.hasDot("0"));
        assertTrue(metrics.hasDot("1"));
        assertEquals(MetricStore.MAX_SERIES, metrics.status().series());
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
