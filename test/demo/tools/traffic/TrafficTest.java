package demo.tools.traffic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertLinesMatch;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The program as people start it: a process, its output, its exit code. */
@Timeout(60)
class TrafficTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "TRAFFIC_RATE | fast | TRAFFIC_RATE must be a number from 0.001 to 100000.0, was 'fast'",
        "TRAFFIC_MIX | tea=1 | TRAFFIC_MIX must be shares such as menu=50,order=35,lookup=15,bad=0, each from 0 to 1000, not all 0, was 'tea=1'",
        "TRAFFIC_TARGET | https://127.0.0.1 | TRAFFIC_TARGET must be http://HOST[:PORT], was 'https://127.0.0.1'",
    })
    void endsWithOneLineForABadSetting(String name, String value, String line) throws Exception {
        var process = start(Map.of(name, value));

        assertEquals(line + "\n", text(process.getErrorStream().readAllBytes()));
        assertEquals(2, process.waitFor());
    }

    @Test
    void tellsHowEveryVisitWent() throws Exception {
        try (var shop = new StandIn()) {
            var process = start(Map.of("TRAFFIC_TARGET", shop.address().toString(), "TRAFFIC_RATE", "100",
                    "TRAFFIC_DURATION", "500ms", "TRAFFIC_SEED", "9", "TRAFFIC_MIX", "menu=1,bad=1"));

            var lines = text(process.getInputStream().readAllBytes()).lines().toList();

            long menus = shop.asked.stream().filter("GET /menu"::equals).count() - 1; // the look before the start
            long all = shop.asked.size() - 1L;
            assertLinesMatch(List.of(
                    "http://127\\.0\\.0\\.1:\\d+, [\\d.]+ s, " + all + " arrivals \\(100\\.0/s asked, [\\d.]+/s made\\), seed 9",
                    " +sent +2xx +3xx +4xx +5xx +no answer +not sent +p50 ms +p90 ms +p99 ms +p99\\.9 ms +max ms",
                    "menu +" + menus + " +" + menus + " +0 +0 +0 +0 +0( +[\\d.,]+){5}",
                    "bad +" + (all - menus) + " +0 +0 +" + (all - menus) + " +0 +0 +0( +[\\d.,]+){5}",
                    "all +" + all + " +" + menus + " +0 +" + (all - menus) + " +0 +0 +0( +[\\d.,]+){5}",
                    "Latency counts from the moment a visit was due, .*"), lines);
            assertEquals("traffic: 100.0 visits/s to " + shop.address() + "\n", text(process.getErrorStream().readAllBytes()));
            assertEquals(0, process.waitFor());
        }
    }

    @Test
    void endsOnSigtermWithItsSummaryAndExitCodeZero() throws Exception {
        var some = new CountDownLatch(5);
        try (var shop = new StandIn() {
            @Override
            void beforeAnswer(String request) {
                some.countDown();
            }
        }) {
            var process = start(Map.of("TRAFFIC_TARGET", shop.address().toString(), "TRAFFIC_RATE", "50"));
            assertTrue(some.await(30, TimeUnit.SECONDS));

            process.toHandle().destroy(); // SIGTERM; Process.destroy would close its output as well

            var summary = text(process.getInputStream().readAllBytes());
            assertEquals(0, process.waitFor());
            assertTrue(summary.contains("\nall "), summary);
        }
    }

    private static Process start(Map<String, String> settings) throws IOException {
        var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp",
                place(Traffic.class) + File.pathSeparator + place(JsonFactory.class), Traffic.class.getName());
        builder.environment().keySet().removeIf(name -> name.startsWith("TRAFFIC_"));
        builder.environment().putAll(settings);
        return builder.start();
    }

    /** The jar or folder that a class comes from. */
    private static Path place(Class<?> type) {
        return Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString()));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
