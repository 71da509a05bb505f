package demo.tools.traffic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertLinesMatch;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The program as a process: its output and its exit code. */
@Timeout(60)
class TrafficTest {
    @AutoClose
    private final FakeShop shop = new FakeShop();

    TrafficTest() throws IOException { }

    @Test
    void endsWithOneSentenceWithoutAService() throws Exception {
        var process = start(Map.of("HTTP_PORT", "1", "TRAFFIC_DURATION", "1s"));

        assertEquals("traffic: no service at http://127.0.0.1:1 (connection refused); start it with"
                + " `java Main.java` or `just up`, or set TRAFFIC_TARGET\n", text(process.getErrorStream()));
        assertEquals("", text(process.getInputStream()));
        assertEquals(1, process.waitFor());
    }

    @Test
    void summarizesEveryVisitInAsciiDigitsAndRepeatsTheVisitsOfASeed() throws Exception {
        var requests = requestsOf("9");

        assertEquals(requests, requestsOf("9"));
        assertNotEquals(requests, requestsOf("10"));
    }

    /** Runs the generator with a locale, a proxy and a host that must not matter, and checks the summary. */
    private List<String> requestsOf(String seed) throws Exception {
        shop.requests.clear();
        var process = start(Map.of("HTTP_PORT", "" + shop.address.getPort(), "HTTP_HOST", "0.0.0.0",
                "TRAFFIC_RATE", "100", "TRAFFIC_DURATION", "500ms", "TRAFFIC_SEED", seed,
                "TRAFFIC_MIX", "menu=2,order=3,lookup=1,bad=2", "http_proxy", "http://127.0.0.1:9"),
                "-Duser.language=ar", "-Dhttp.proxyHost=127.0.0.1", "-Dhttp.proxyPort=9", "-Dhttp.nonProxyHosts=");

        var lines = text(process.getInputStream()).lines().toList();

        long all = shop.requests.size() - 1L; // without the order before the start
        long menus = count("GET /menu");
        long orders = count(FakeShop.ORDER) - 1;
        long lookups = count("GET /orders/1");
        long bad = all - menus - orders - lookups;
        var rest = " +0 +0( +[\\d.,]+){5}";
        assertLinesMatch(List.of(
                shop.address + ", [\\d.]+ s, " + all
                        + " arrivals \\(100\\.0/s requested, [\\d.]+/s made\\), seed " + seed,
                " +sent +2xx +3xx +4xx +5xx +no response +not sent +p50 ms +p90 ms +p99 ms +p99\\.9 ms +max ms",
                "menu +" + menus + " +" + menus + " +0 +0 +0" + rest,
                "order +" + orders + " +" + orders + " +0 +0 +0" + rest,
                "lookup +" + lookups + " +" + lookups + " +0 +0 +0" + rest,
                "bad +" + bad + " +0 +0 +" + bad + " +0" + rest,
                "all +" + all + " +" + (all - bad) + " +0 +" + bad + " +0" + rest,
                "Latency counts from the moment a visit was due; .*",
                "Visits started at most [\\d.,]+ ms late \\(p99 [\\d.,]+\\)\\."), lines);
        assertEquals("traffic: 100.0 visits/s to " + shop.address + "\n", text(process.getErrorStream()));
        assertEquals(0, process.waitFor());
        return shop.requests.stream().sorted().toList();
    }

    private long count(String request) {
        return shop.requests.stream().filter(one -> one.matches(request)).count();
    }

    @Test
    void sigtermEndsWithASummaryThatCountsNoVisitInFlightAsAFailure() throws Exception {
        var stalled = new CountDownLatch(5);
        shop.beforeResponse = () -> {
            if (shop.requests.size() > 10) {
                stalled.countDown();
                new CountDownLatch(1).await();
            }
        };
        var process = start(Map.of("TRAFFIC_TARGET", shop.address.toString(), "TRAFFIC_RATE", "50"));
        assertTrue(stalled.await(30, TimeUnit.SECONDS));

        process.toHandle().destroy(); // SIGTERM; Process.destroy would also close its output

        var summary = text(process.getInputStream());
        assertEquals(0, process.waitFor());
        assertTrue(summary.contains("\nall "), summary);
        assertTrue(summary.contains("\nin flight at the stop, cancelled and not counted above: "), summary);
        assertFalse(summary.contains("no response,"), summary);
    }

    private static Process start(Map<String, String> settings, String... flags) throws IOException {
        var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        builder.command().addAll(List.of(flags));
        builder.command().add("@build/traffic.args");
        builder.environment().keySet().removeIf(name -> name.startsWith("TRAFFIC_") || name.startsWith("HTTP_"));
        builder.environment().putAll(settings);
        return builder.start();
    }

    private static String text(InputStream stream) throws IOException {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
}
