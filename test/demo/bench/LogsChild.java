package demo.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * One run of one pipeline in a separate process: {@code NAME FOLDER gzip|plain platform|virtual THREADS LINES
 * [LINES_PER_SECOND]}. A quarter of the lines warm up first. Line number n has the duration n / 1000.
 *
 * <p>Prints {@code lines/s CPU-seconds-per-million}. At a fixed rate it prints the duration of one call instead:
 * {@code p50 p99 p99.9} in microseconds and {@code max} in milliseconds. With 0 lines it logs until it is killed.
 */
final class LogsChild {
    /** Paths are formatted in advance, so that this formatting is not measured. */
    private static final String[] PATHS = new String[1 << 14];
    private static final long MAX_NANOS_TO_COMPRESS = 20_000_000_000L;

    private LogsChild() {
    }

    public static void main(String[] args) throws Exception {
        Arrays.setAll(PATHS, i -> String.format("/orders/o-%013d", i));
        var folder = Path.of(args[1]);
        var pipeline = LogPipeline.open(args[0], folder, args[2].equals("gzip"));
        // tinylog has a second name for its current file
        int plainFiles = args[2].equals("plain") ? Integer.MAX_VALUE : args[0].equals("tinylog") ? 2 : 1;
        ThreadFactory factory = args[3].equals("virtual")
                ? Thread.ofVirtual().factory() : Thread.ofPlatform().name("producer-", 0).factory();
        int threads = Integer.parseInt(args[4]);
        long lines = Long.parseLong(args[5]);
        long periodNanos = args.length > 6 ? 1_000_000_000L / Long.parseLong(args[6]) : 0;
        LongBuffer returned = returned(folder, threads);
        if (lines == 0) {
            produce(pipeline, factory, threads, Long.MAX_VALUE, 0, returned);
        }
        produce(pipeline, factory, threads, lines / 4, 0, returned);
        awaitDone(pipeline, folder, plainFiles);
        long cpu = cpuNanos();
        long start = System.nanoTime();
        long[] calls = produce(pipeline, factory, threads, lines, periodNanos, returned);
        long nanos = System.nanoTime() - start;
        awaitDone(pipeline, folder, plainFiles);
        cpu = cpuNanos() - cpu;
        if (periodNanos > 0) {
            Arrays.sort(calls);
            int n = calls.length;
            System.out.printf("%.2f %.2f %.2f %.4f%n", calls[n / 2] / 1e3, calls[n - 1 - n / 100] / 1e3,
                    calls[n - 1 - n / 1000] / 1e3, calls[n - 1] / 1e6);
        } else {
            System.out.printf("%.0f %.3f%n", lines / (nanos / 1e9), cpu / 1e9 / (lines / 1e6));
        }
        System.exit(0); // a peer's own threads must not keep the process alive
    }

    /** For each thread 1 + the last line whose call returned, in mapped memory that outlives the process. */
    static LongBuffer returned(Path folder, int threads) throws IOException {
        try (FileChannel channel = FileChannel.open(folder.resolveSibling("returned"), StandardOpenOption.CREATE,
                StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, threads * (long) Long.BYTES).asLongBuffer();
        }
    }

    /**
     * Returns the duration of each call in nanoseconds, at a fixed rate only. Threads that wait for their next line
     * sleep: spinning would take the processors from the log.
     */
    private static long[] produce(LogPipeline pipeline, ThreadFactory factory, int threads, long lines,
                                  long periodNanos, LongBuffer returned) throws InterruptedException {
        var calls = new long[periodNanos == 0 ? 0 : (int) lines];
        var end = new CountDownLatch(threads);
        long first = System.nanoTime();
        for (int t = 0; t < threads; t++) {
            int thread = t;
            factory.newThread(() -> {
                pipeline.enterThread();
                for (long i = thread; i < lines; i += threads) {
                    String path = PATHS[(int) i & PATHS.length - 1];
                    if (periodNanos == 0) {
                        pipeline.log(path, i / 1e3);
                    } else {
                        LockSupport.parkNanos(first + i * periodNanos - System.nanoTime());
                        long before = System.nanoTime();
                        pipeline.log(path, i / 1e3);
                        calls[(int) i] = System.nanoTime() - before;
                    }
                    returned.put(thread, i + 1);
                }
                end.countDown();
            }).start();
        }
        end.await();
        return calls;
    }

    /** Reports a rotated file that a peer has not compressed after 20 s. */
    private static void awaitDone(LogPipeline pipeline, Path folder, int plainFiles)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + MAX_NANOS_TO_COMPRESS;
        while (!pipeline.isQueueEmpty() || countPlainFiles(folder) > plainFiles) {
            if (System.nanoTime() > deadline) {
                System.out.println("left a rotated file uncompressed: its CPU-seconds are too low");
                return;
            }
            Thread.sleep(1);
        }
    }

    private static long countPlainFiles(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("app.log") && !name.endsWith(".gz")).count();
        }
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }
}
