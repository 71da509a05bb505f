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

/** A second service is started on the log of one that is busy: refused in a sentence, and the first loses nothing. */
final class SecondProcessDrill implements Drill {
    private static final int TIMES = 5;

    @Override
    public String run(Path folder, long seed) throws Exception {
        try (Service first = Service.start(folder, Map.of());
                var customers = new Customers(first.port(), 4, Duration.ofMillis(2))) {
            for (int i = 0; i < TIMES; i++) {
                Process second = Service.process(folder, Map.of()).start();
                String said = new String(second.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

                assertEquals(1, second.waitFor());
                assertTrue(said.contains("another process (" + first.process().pid() + ") already writes the log"), said);
                assertEquals(1, said.lines().count(), said);
            }
            Customers.Served served = customers.leave();

            assertEquals(List.of(), served.failures());
            assertEquals(served.answered(), Lines.ofLog(folder.resolve("app.log")).stream()
                    .filter(line -> "/menu".equals(line.get("route"))).count());
            return "%d others refused in a sentence; %d requests to the first, all answered (p99 %.1f ms), each in the log once"
                    .formatted(TIMES, served.answered(), served.millis(0.99));
        }
    }
}
