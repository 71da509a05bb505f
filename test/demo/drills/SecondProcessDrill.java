package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.api.Service;
import demo.log.Lines;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Starts a second service on the log of a busy one: the second is refused with one line, the first drops nothing. */
final class SecondProcessDrill implements Drill {
    private static final int TIMES = 5;

    @Override
    public String run(Path folder, long seed) throws Exception {
        try (Service first = Service.start(folder, Map.of());
                var clients = new Clients(first.port(), 4, Duration.ofMillis(2))) {
            for (int i = 0; i < TIMES; i++) {
                Process second = Service.process(folder, Map.of()).start();
                String output = new String(second.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

                assertEquals(1, second.waitFor());
                assertTrue(output.contains("another process (" + first.process().pid() + ") already writes the log"),
                        output);
                assertEquals(1, output.lines().count(), output);
            }
            Clients.Summary summary = clients.stop();

            assertEquals(List.of(), summary.failures());
            assertEquals(summary.responses(), Lines.ofLog(folder.resolve("app.log")).stream()
                    .filter(line -> "/menu".equals(line.get("route"))).count());
            return "%d refused with one line; %d requests to the first (p99 %.1f ms), each in the log once"
                    .formatted(TIMES, summary.responses(), summary.millis(0.99));
        }
    }
}
