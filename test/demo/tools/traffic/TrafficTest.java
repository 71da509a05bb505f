package demo.tools.traffic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertLinesMatch;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The program as a process: its output and its exit code. */
@Timeout(60)
class TrafficTest {
    @Test
    void endsWithOneSentenceForABadSettingAndWithoutAService() throws Exception {
        int port;
        try (var reserved = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            port = reserved.getLocalPort();
        }
        var badSetting = start(Map.of("TRAFFIC_MIX", "tea=1"));
        var noService = start(Map.of("HTTP_PORT", "" + port, "TRAFFIC_DURATION", "1s"));

        assertEquals("TRAFFIC_MIX must be shares such as menu=50,order=35,lookup=15,bad=0, each from 0 to 1000, not all"
                + " 0, was 'tea=1'\n", text(badSetting.getErrorStream().readAllBytes()));
        assertEquals(2, badSetting.waitFor());
        assertEquals("traffic: no service at http://127.0.0.1:" + port + " (connection refused); start it with"
                + " `java Main.java` or `just up`, or set TRAFFIC_TARGET\n",
                text(noService.getErrorStream().readAllBytes()));
        assertEquals("", text(noService.getInputStream().readAllBytes()));
        assertEquals(1, noService.waitFor());
    }

    @Test
    void summarizesEveryVisitInAsciiDigits() throws Exception {
        try (var shop = new FakeShop()) {
            var process = start(Map.of("HTTP_PORT", "" + shop.address().getPort(), "HTTP_HOST", "0.0.0.0",
                    "TRAFFIC_RATE", "100", "TRAFFIC_DURATION", "500ms", "TRAFFIC_SEED", "9",
                    "TRAFFIC_MIX", "menu=1,bad=1", "http_proxy", "http://127.0.0.1:9"),
                    "-Duser.language=ar", "-Dhttp.proxyHost=127.0.0.1", "-Dhttp.proxyPort=9", "-Dhttp.nonProxyHosts=");

            var lines = text(process.getInputStream().readAllBytes()).lines().toList();

            long menus = shop.requests.stream().filter("GET /menu"::equals).count() - 1; // one before the start
            long all = shop.requests.size() - 2L; // and one order
            assertLinesMatch(List.of(
                    shop.address() + ", [\\d.]+ s, " + all
                            + " arrivals \\(100\\.0/s requested, [\\d.]+/s made\\), seed 9",
                    " +sent +2xx +3xx +4xx +5xx +no response +not sent +p50 ms +p90 ms +p99 ms +p99\\.9 ms +max ms",
                    "menu +" + menus + " +" + menus + " +0 +0 +0 +0 +0( +[\\d.,]+){5}",
                    "bad +" + (all - menus) + " +0 +0 +" + (all - menus) + " +0 +0 +0( +[\\d.,]+){5}",
                    "all +" + all + " +" + menus + " +0 +" + (all - menus) + " +0 +0 +0( +[\\d.,]+){5}",
                    "Latency counts from the moment a visit was due; .*",
                    "Visits started at most [\\d.,]+ ms late \\(p99 [\\d.,]+\\)\\."), lines);
            assertEquals("traffic: 100.0 visits/s to " + shop.address() + "\n",
                    text(process.getErrorStream().readAllBytes()));
            assertEquals(0, process.waitFor());
        }
    }

    @Test
    void sigtermEndsWithASummaryThatCountsNoVisitInFlightAsAFailure() throws Exception {
        var stalled = new CountDownLatch(5);
        try (var shop = new FakeShop() {
            @Override
            void beforeResponse() throws InterruptedException {
                if (requests.size() > 10) {
                    stalled.countDown();
                    new CountDownLatch(1).await();
                }
            }
        }) {
            var process = start(Map.of("TRAFFIC_TARGET", shop.address().toString(), "TRAFFIC_RATE", "50"));
            assertTrue(stalled.await(30, TimeUnit.SECONDS));

            process.toHandle().destroy(); // SIGTERM; Process.destroy would also close its output

            var summary = text(process.getInputStream().readAllBytes());
            assertEquals(0, process.waitFor());
            assertTrue(summary.contains("\nall "), summary);
            assertTrue(summary.contains("\nin flight at the stop, cancelled and not counted above: "), summary);
            assertFalse(summary.contains("no response,"), summary);
            assertFalse(summary.contains("\u001b"), summary);
        }
    }

    private static Process start(Map<String, String> settings, String... flags) throws IOException {
        var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        builder.command().addAll(List.of(flags));
        builder.command().add("@build/traffic.args");
        builder.environment().keySet().removeIf(name -> name.startsWith("TRAFFIC_") || name.startsWith("HTTP_"));
        builder.environment().putAll(settings);
        return builder.start();
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
