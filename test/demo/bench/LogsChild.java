package demo.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;

/**
 * One run of one pipeline in a separate process: {@code NAME FOLDER gzip|plain platform|virtual THREADS LINES}.
 * A quarter of the lines warm up first. Prints {@code lines/s CPU-seconds-per-million}.
 */
final class LogsChild {
    /** Paths are formatted in advance, so that this formatting is not measured. */
    private static final int PATHS = 1 << 14;
    private static final long MAX_NANOS_TO_COMPRESS = 20_000_000_000L;

    private LogsChild() {
    }

    public static void main(String[] args) throws Exception {
        String[] paths = new String[PATHS];
        for (int i = 0; i < PATHS; i++) {
            paths[i] = String.format("/orders/o-%013d", i);
        }
        int threads = Integer.parseInt(args[4]);
        long lines = Long.parseLong(args[5]);
        ThreadFactory factory = args[3].equals("virtual")
                ? Thread.ofVirtual().factory() : Thread.ofPlatform().name("producer-", 0).factory();
        var pipeline = LogPipeline.open(args[0], Path.of(args[1]), args[2].equals("gzip"));
        produce(pipeline, factory, threads, lines / 4, paths);
        awaitDone(pipeline);
        long cpu = cpuNanos();
        long start = System.nanoTime();
        produce(pipeline, factory, threads, lines, paths);
        long nanos = System.nanoTime() - start;
        awaitDone(pipeline);
        cpu = cpuNanos() - cpu;
        System.out.printf("%.0f %.3f%n", lines / (nanos / 1e9), cpu / 1e9 / (lines / 1e6));
        pipeline.close();
        // A peer's own threads must not keep the process alive.
        System.exit(0);
    }

    private static void produce(LogPipeline pipeline, ThreadFactory factory, int threads, long lines, String[] paths)
            throws InterruptedException {
        var end = new CountDownLatch(threads);
        for (int t = 0; t < threads; t++) {
            int first = t;
            factory.newThread(() -> {
                pipeline.enterThread();
                for (long i = first; i < lines; i += threads) {
                    pipeline.log(paths[(int) i & PATHS - 1], (i & 0xfffff) / 1e3);
                }
                end.countDown();
            }).start();
        }
        end.await();
    }

    /** Reports a rotated file that a peer has not compressed after 20 s. */
    private static void awaitDone(LogPipeline pipeline) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + MAX_NANOS_TO_COMPRESS;
        while (!pipeline.isDone()) {
            if (System.nanoTime() > deadline) {
                System.out.println("left a rotated file uncompressed: its CPU-seconds are too low");
                return;
            }
            Thread.sleep(1);
        }
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }
}
