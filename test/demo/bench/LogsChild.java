package demo.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;

/**
 * One run of one pipeline in a separate process: {@code NAME FOLDER gzip|plain platform|virtual THREADS LINES}. A
 * quarter of the lines warm up first. Prints {@code lines/s CPU-seconds-per-million}. With 0 lines it logs until it is
 * killed. Line number n has the duration n / 1000.
 */
final class LogsChild {
    /** Paths are formatted in advance, so that this formatting is not measured. */
    private static final String[] PATHS = new String[1 << 14];
    private static final long MAX_NANOS_TO_COMPRESS = 20_000_000_000L;

    private LogsChild() {
    }

    public static void main(String[] args) throws Exception {
        Arrays.setAll(PATHS, i -> String.format("/orders/o-%013d", i));
        int threads = Integer.parseInt(args[4]);
        long lines = Long.parseLong(args[5]);
        ThreadFactory factory = args[3].equals("virtual")
                ? Thread.ofVirtual().factory() : Thread.ofPlatform().name("producer-", 0).factory();
        Path folder = Path.of(args[1]);
        var pipeline = LogPipeline.open(args[0], folder, args[2].equals("gzip"));
        LongBuffer returned = returned(folder, threads);
        if (lines == 0) {
            produce(pipeline, factory, threads, Long.MAX_VALUE, returned);
        }
        produce(pipeline, factory, threads, lines / 4, returned);
        awaitDone(pipeline);
        long cpu = cpuNanos();
        long start = System.nanoTime();
        produce(pipeline, factory, threads, lines, returned);
        long nanos = System.nanoTime() - start;
        awaitDone(pipeline);
        cpu = cpuNanos() - cpu;
        System.out.printf("%.0f %.3f%n", lines / (nanos / 1e9), cpu / 1e9 / (lines / 1e6));
        pipeline.close();
        System.exit(0); // a peer's own threads must not keep the process alive
    }

    /** For each thread 1 + the last line whose call returned, in mapped memory that outlives the process. */
    static LongBuffer returned(Path folder, int threads) throws IOException {
        try (FileChannel channel = FileChannel.open(folder.resolveSibling("returned"), StandardOpenOption.CREATE,
                StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, threads * (long) Long.BYTES).asLongBuffer();
        }
    }

    private static void produce(LogPipeline pipeline, ThreadFactory factory, int threads, long lines,
                                LongBuffer returned) throws InterruptedException {
        var end = new CountDownLatch(threads);
        for (int t = 0; t < threads; t++) {
            int thread = t;
            factory.newThread(() -> {
                pipeline.enterThread();
                for (long i = thread; i < lines; i += threads) {
                    pipeline.log(PATHS[(int) i & PATHS.length - 1], i / 1e3);
                    returned.put(thread, i + 1);
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
