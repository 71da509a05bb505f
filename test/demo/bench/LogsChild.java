package demo.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One run of one pipeline in a process of its own: {@code NAME FOLDER gzip|plain platform|virtual THREADS LINES}.
 * A quarter of the lines warm up first. Prints {@code lines/s CPU-seconds-per-million bytes-allocated-per-line
 * lines/s-until-all-is-compressed}.
 */
final class LogsChild {
    /** Paths made beforehand, so that what is allocated is the pipeline's. */
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
        long allocated = produce(pipeline, factory, threads, lines, paths);
        long logged = System.nanoTime() - start;
        awaitDone(pipeline);
        long done = System.nanoTime() - start;
        cpu = cpuNanos() - cpu;
        System.out.printf("%.0f %.3f %.1f %.0f%n", lines / (logged / 1e9), cpu / 1e9 / (lines / 1e6),
                (double) allocated / lines, lines / (done / 1e9));
        pipeline.close();
        // A peer's own threads must not keep the process.
        System.exit(0);
    }

    /** Returns the bytes that the producing threads allocated; for virtual threads the JDK can't say: 0. */
    private static long produce(LogPipeline pipeline, ThreadFactory factory, int threads, long lines, String[] paths)
            throws InterruptedException {
        var memory = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        var allocated = new AtomicLong();
        var ready = new CountDownLatch(threads);
        var end = new CountDownLatch(threads);
        for (int t = 0; t < threads; t++) {
            int first = t;
            factory.newThread(() -> {
                pipeline.enterThread();
                ready.countDown();
                boolean measurable = !Thread.currentThread().isVirtual();
                long before = measurable ? memory.getCurrentThreadAllocatedBytes() : 0;
                for (long i = first; i < lines; i += threads) {
                    pipeline.log(paths[(int) i & PATHS - 1], (i & 0xfffff) / 1e3);
                }
                allocated.addAndGet((measurable ? memory.getCurrentThreadAllocatedBytes() : 0) - before);
                end.countDown();
            }).start();
        }
        ready.await();
        end.await();
        return allocated.get();
    }

    /** A peer whose compression was rejected never ends it. */
    private static void awaitDone(LogPipeline pipeline) throws IOException, InterruptedException {
        long giveUp = System.nanoTime() + MAX_NANOS_TO_COMPRESS;
        while (!pipeline.isDone()) {
            if (System.nanoTime() > giveUp) {
                System.err.println("left a rotated file uncompressed; its sustained lines/s say nothing");
                return;
            }
            Thread.sleep(1);
        }
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }
}
