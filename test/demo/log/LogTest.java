package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The log's interface for callers. */
class LogTest extends LogFixture {
    @BeforeEach
    void moveClock() {
        moveClock(Duration.ofNanos(42_000));
    }

    private String written() throws IOException {
        return Files.readString(file);
    }

    @Test
    void writesTheFieldsInTheDocumentedOrder() throws Exception {
        span = new CurrentSpan(() -> "0af7651916cd43dd8448eb211c80319c", () -> "b7ad6b7169203331");
        open();
        Thread.ofPlatform().name("worker-1").start(() -> log.info("orders", "order placed")
                .with("order_id", "o-1").with("price_cents", 500L).with("duration_ms", 1.25).with("gift", true)
                .write()).join();

        assertEquals("""
                {"timestamp":"2024-12-17T12:00:00.000042Z","level":"INFO","service":"api","logger":"orders",\
                "thread":"worker-1","message":"order placed","trace_id":"0af7651916cd43dd8448eb211c80319c",\
                "span_id":"b7ad6b7169203331","order_id":"o-1","price_cents":500,"duration_ms":1.25,"gift":true}
                """, written());
    }

    @Test
    void writesItsLevelAndHigherOnesWithoutIdsOutsideASpanAndNumbersVirtualThreads() throws Exception {
        level = Level.WARN;
        open();
        log.info("orders", "not this").with("n", 1).error(new IOException("nor this")).write();
        Thread thread = Thread.ofVirtual().start(() -> log.warn("orders", "slow").write());
        thread.join();

        assertEquals("{\"timestamp\":\"2024-12-17T12:00:00.000042Z\",\"level\":\"WARN\",\"service\":\"api\","
                + "\"logger\":\"orders\",\"thread\":\"virtual-" + thread.threadId()
                + "\",\"message\":\"slow\"}\n", written());
        assertFalse(log.enabled(Level.INFO));
        assertTrue(log.enabled(Level.WARN));
    }

    @Test
    void opensWithSettingsAloneAndAppendsToAnExistingFile() throws Exception {
        for (String message : List.of("first", "second")) {
            try (Log log = Log.open(LogSettings.of(file, "shop"))) {
                log.info("orders", message).write();
            }
        }

        assertEquals(List.of("first shop", "second shop"), Lines.ofLog(file).stream()
                .map(line -> line.get("message") + " " + line.get("service")).toList());
    }

    @Test
    void countsEventsThatAreWrittenAfterClose() throws Exception {
        open();
        log.debug("orders", "below the level");
        assertEquals(Map.of(DropReason.NOT_WRITTEN, 0L, DropReason.CLOSED, 0L), log.stats().dropped());
        assertEquals(Map.of(Level.DEBUG, 0L, Level.INFO, 0L, Level.WARN, 0L, Level.ERROR, 0L), log.stats().written());
        log.close();

        log.info("orders", "too late").write();

        assertEquals(1L, log.stats().dropped().get(DropReason.CLOSED));
        assertEquals("", written());
        log.close();
    }
}
