package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a caller sees of the log. */
class LogTest {
    private static final Instant NOON = Instant.parse("2024-12-17T12:00:00.000042Z");

    @TempDir
    private Path folder;

    private Path file() {
        return folder.resolve("app.log");
    }

    private LogSettings settings(Level level) {
        return new LogSettings(file(), level, "api", 10_000_000, Duration.ofHours(24), Duration.ofDays(7), Long.MAX_VALUE,
                Duration.ofMinutes(15));
    }

    private static CurrentSpan span(String traceId, String spanId) {
        return new CurrentSpan() {
            @Override
            public String traceId() {
                return traceId;
            }

            @Override
            public String spanId() {
                return spanId;
            }
        };
    }

    private Log open(Level level, CurrentSpan span) throws IOException {
        return Log.open(settings(level), span, InstantSource.fixed(NOON), Console.silent());
    }

    @Test
    void writesTheFieldsInTheContractsOrder() throws Exception {
        var span = span("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        try (Log log = open(Level.INFO, span)) {
            Thread.ofPlatform().name("worker-1").start(() -> log.info("orders", "order placed")
                    .with("order_id", "o-1").with("price_cents", 500L).with("duration_ms", 1.25).with("gift", true)
                    .write()).join();

            assertEquals("""
                    {"timestamp":"2024-12-17T12:00:00.000042Z","level":"INFO","service":"api","logger":"orders",\
                    "thread":"worker-1","message":"order placed","trace_id":"0af7651916cd43dd8448eb211c80319c",\
                    "span_id":"b7ad6b7169203331","order_id":"o-1","price_cents":500,"duration_ms":1.25,"gift":true}
                    """, Files.readString(file()));
        }
    }

    @Test
    void leavesTheIdsOutOutsideASpanAndNumbersVirtualThreads() throws Exception {
        try (Log log = open(Level.INFO, CurrentSpan.NONE)) {
            Thread thread = Thread.ofVirtual().start(() -> log.warn("orders", "slow").write());
            thread.join();

            assertEquals("{\"timestamp\":\"2024-12-17T12:00:00.000042Z\",\"level\":\"WARN\",\"service\":\"api\","
                    + "\"logger\":\"orders\",\"thread\":\"virtual-" + thread.threadId()
                    + "\",\"message\":\"slow\"}\n", Files.readString(file()));
        }
    }

    @Test
    void writesOnlyFromItsLevelOn() throws Exception {
        try (Log log = open(Level.WARN, CurrentSpan.NONE)) {
            log.info("orders", "not this").with("n", 1).error(new IOException("nor this")).write();
            log.warn("orders", "this").write();

            assertFalse(log.enabled(Level.INFO));
            assertTrue(log.enabled(Level.WARN));
            assertEquals(List.of("this"), Lines.ofLog(file()).stream().map(l -> l.get("message")).toList());
        }
    }

    @Test
    void goesOnAtTheEndOfTheFileThatIsThere() throws Exception {
        try (Log log = open(Level.INFO, CurrentSpan.NONE)) {
            log.info("orders", "first").write();
        }
        try (Log log = open(Level.INFO, CurrentSpan.NONE)) {
            log.info("orders", "second").write();
        }

        assertEquals(List.of("first", "second"),
                Lines.ofLog(file()).stream().map(l -> l.get("message")).toList());
    }

    @Test
    void refusesASecondLogOnTheSameFile() throws Exception {
        try (Log log = open(Level.INFO, CurrentSpan.NONE)) {
            var refusal = assertThrows(IOException.class, () -> open(Level.INFO, CurrentSpan.NONE));

            assertEquals("this process already writes the log " + file() + "; one log a file", refusal.getMessage());
            log.info("orders", "the first one goes on").write();
            assertEquals(1, log.stats().linesWritten());
        }
    }

    @Test
    void saysInASentenceWhyAFileCannotBeOpened() throws Exception {
        Files.createDirectory(file());

        var refusal = assertThrows(IOException.class, () -> open(Level.INFO, CurrentSpan.NONE));

        assertEquals("the log " + file() + " can't be opened: " + file() + " (Is a directory)", refusal.getMessage());
    }

    @Test
    void countsWhatComesAfterTheEndAsLost() throws Exception {
        Log log = open(Level.INFO, CurrentSpan.NONE);
        log.close();

        log.info("orders", "too late").write();

        assertEquals(1L, log.stats().dropped().get(DropReason.CLOSED));
    }

    @Test
    void aSilentLogTakesEverything() {
        Log log = Log.silent();

        log.error("orders", "nothing").with("n", 1).error(new IOException()).write();

        assertFalse(log.enabled(Level.ERROR));
        assertEquals(0, log.stats().linesWritten());
        log.close();
    }
}
