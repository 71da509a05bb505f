package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Platform and virtual threads, interrupts, rotations, compressions and the background thread at once. */
@Timeout(60)
class ManyThreadsTest {
    private static final int THREADS = 48;
    private static final int LINES = 2_000;

    @TempDir
    private Path folder;

    @Test
    void everyLineIsInTheFilesOnceInTheOrderOfItsThread() throws Exception {
        Path file = folder.resolve("app.log");
        var settings = new LogSettings(file, Level.INFO, "api", 200_000, Duration.ofHours(24), Duration.ofDays(7),
                Long.MAX_VALUE, Duration.ZERO);
        List<Thread> threads = new ArrayList<>();
        LogStats stats;
        try (Log log = Log.open(settings, CurrentSpan.NONE, InstantSource.system(), Console.silent())) {
            for (int t = 0; t < THREADS; t++) {
                int thread = t;
                var builder = t % 2 == 0 ? Thread.ofPlatform() : Thread.ofVirtual();
                threads.add(builder.start(() -> {
                    for (int n = 0; n < LINES; n++) {
                        if (n % 500 == 0) {
                            Thread.currentThread().interrupt();
                        }
                        log.info("l", "numbered").with("t", thread).with("n", n).write();
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            stats = log.stats();
        }

        assertEquals((long) THREADS * LINES, stats.linesWritten());
        assertEquals(0, stats.linesDropped());
        assertTrue(stats.rotations() > 50, stats::toString);
        var next = new long[THREADS];
        for (Map<String, Object> line : Lines.ofLog(file)) {
            int thread = ((Long) line.get("t")).intValue();
            assertEquals(next[thread]++, line.get("n"), "the next line of its thread");
        }
        for (long count : next) {
            assertEquals(LINES, count);
        }
    }
}
