package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A line costs no garbage once everything is warm. */
class AllocationTest {
    private static final int LINES = 40_000;
    /** The clock is read ten times a second, into an object. */
    private static final double MOST_BYTES_A_LINE = 0.1;

    @TempDir
    private Path folder;
    private final ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Log open() throws Exception {
        // Large enough that nothing rotates meanwhile.
        return Log.openWithoutBackground(new LogSettings(folder.resolve("app.log"), Level.INFO, "api", 1L << 40,
                Duration.ofHours(24), Duration.ofDays(7), Long.MAX_VALUE, Duration.ofMinutes(15)), CurrentSpan.NONE,
                InstantSource.system(), Console.silent(), new RealDisk());
    }

    private static void write(Log log, long n) {
        log.info("http", "request handled").with("method", "POST").with("path", "/orders/ä\"\n").with("n", n)
                .with("status", 201).with("duration_ms", n / 1e6).with("ok", true).write();
    }

    private static void produce(Log log) {
        for (int n = 0; n < LINES; n++) {
            write(log, n);
        }
    }

    @Test
    void aLineAllocatesNothingOnAPlatformThread() throws Exception {
        try (Log log = open()) {
            produce(log);
            long before = memory.getCurrentThreadAllocatedBytes();
            produce(log);
            long bytes = memory.getCurrentThreadAllocatedBytes() - before;

            assertTrue(bytes < LINES * MOST_BYTES_A_LINE, () -> bytes + " bytes for " + LINES + " lines");
        }
    }

    /** What each thread allocates before its first line and after its last is the test's. */
    private long bytesOf(Log log, int threads) throws InterruptedException {
        var sum = new AtomicLong();
        var ready = new CountDownLatch(threads);
        var end = new CountDownLatch(threads);
        for (int t = 0; t < threads; t++) {
            Thread.ofPlatform().start(() -> {
                write(log, 0);
                ready.countDown();
                awaitAll(ready);
                long before = memory.getCurrentThreadAllocatedBytes();
                produce(log);
                sum.addAndGet(memory.getCurrentThreadAllocatedBytes() - before);
                end.countDown();
            });
        }
        end.await();
        return sum.get();
    }

    private static void awaitAll(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void linesOfManyThreadsAllocateNothingEither() throws Exception {
        int threads = 8;
        try (Log log = open()) {
            bytesOf(log, threads);
            long bytes = bytesOf(log, threads);

            assertTrue(bytes < threads * LINES * MOST_BYTES_A_LINE, () -> bytes + " bytes");
        }
    }

    /**
     * The JDK doesn't say what a virtual thread allocates, but what all of them did: their carriers'. Each time one
     * waits the JDK itself makes a task to go on with (about 48 bytes), hence the allowance.
     */
    @Test
    void linesOfVirtualThreadsAllocateOnlyWhatTheJdkDoes() throws Exception {
        int threads = 8;
        ThreadFactory factory = Thread.ofVirtual().factory();
        try (Log log = open()) {
            produceOn(factory, log, threads);
            long before = memory.getTotalThreadAllocatedBytes();
            produceOn(factory, log, threads);
            long bytes = memory.getTotalThreadAllocatedBytes() - before;

            assertTrue(bytes < threads * LINES * 100.0, () -> bytes + " bytes");
            assertEquals(2L * threads * LINES, log.stats().linesWritten());
        }
    }

    private static void produceOn(ThreadFactory factory, Log log, int threads) throws InterruptedException {
        var end = new CountDownLatch(threads);
        for (int t = 0; t < threads; t++) {
            factory.newThread(() -> {
                produce(log);
                end.countDown();
            }).start();
        }
        end.await();
    }
}
