package demo.bench;

import demo.log.Console;
import demo.log.CurrentSpan;
import demo.log.Level;
import demo.log.Log;
import demo.log.LogSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * How long a caller waits for its line, in quiet and while files rotate and compress: {@code ./build.sh bench rotation
 * [ROUNDS [SECONDS]]}. Four threads, 50,000 lines/s in all at fixed times, so that a wait doesn't hide the next; with
 * rotation at 5 MB that is three rotations and compressions a second. "idle" is the same clockwork around nothing:
 * what the machine and its other work add by themselves.
 */
final class RotationBench {
    private static final int THREADS = 4;
    private static final long LINES_A_SECOND = 50_000;
    private static final long WARM_UP_LINES = 100_000;
    private static final int BUCKETS_A_DOUBLING = 32;

    private RotationBench() {
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("child")) {
            child(args[1], Path.of(args[2]), Integer.parseInt(args[3]));
            return;
        }
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
        String seconds = args.length > 1 ? args[1] : "8";
        Map<String, List<double[]>> runs = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (String kind : List.of("idle", "quiet", "rotating")) {
                Path folder = Files.createTempDirectory(Path.of("build"), "bench-rotation");
                try {
                    String line = Child.run(RotationBench.class, "child", kind, folder.toAbsolutePath().toString(),
                            seconds);
                    runs.computeIfAbsent(kind, k -> new ArrayList<>())
                            .add(Arrays.stream(line.split(" ")).mapToDouble(Double::parseDouble).toArray());
                } finally {
                    Child.delete(folder);
                }
            }
        }
        System.out.printf("%,d lines/s from %d threads, %s s, %d rounds (medians; worst: the worst of all)%n%n"
                + "| | p50 µs | p99 µs | p99.9 µs | p99.99 µs | worst µs | rotations |%n|---|---|---|---|---|---|---|%n",
                LINES_A_SECOND, THREADS, seconds, rounds);
        runs.forEach((kind, of) -> System.out.printf("| %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.0f |%n", kind,
                median(of, 0), median(of, 1), median(of, 2), median(of, 3),
                of.stream().mapToDouble(run -> run[4]).max().orElseThrow(), median(of, 5)));
    }

    private static double median(List<double[]> runs, int figure) {
        double[] sorted = runs.stream().mapToDouble(run -> run[figure]).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private static void child(String kind, Path folder, int seconds) throws IOException, InterruptedException {
        var settings = new LogSettings(folder.resolve("app.log"), Level.INFO, "api",
                kind.equals("rotating") ? 5_000_000 : 1L << 40, Duration.ofHours(24), Duration.ofDays(7),
                Duration.ZERO);
        try (Log log = Log.open(settings, CurrentSpan.NONE, InstantSource.system(),
                Console.standard(InstantSource.system()))) {
            boolean idle = kind.equals("idle");
            produce(log, idle, WARM_UP_LINES, 0);
            long rotations = log.stats().rotations();
            long[] counts = produce(log, idle, LINES_A_SECOND * seconds, 1_000_000_000L * THREADS / LINES_A_SECOND);
            System.out.printf("%.2f %.2f %.2f %.2f %.2f %d%n", percentile(counts, 0.5), percentile(counts, 0.99),
                    percentile(counts, 0.999), percentile(counts, 0.9999), percentile(counts, 1),
                    log.stats().rotations() - rotations);
        }
    }

    /** Returns how many calls took how long. */
    private static long[] produce(Log log, boolean idle, long lines, long periodNanos) throws InterruptedException {
        var counts = new AtomicLongArray(64 * BUCKETS_A_DOUBLING);
        var end = new CountDownLatch(THREADS);
        for (int t = 0; t < THREADS; t++) {
            int thread = t;
            Thread.ofPlatform().start(() -> {
                long next = System.nanoTime() + thread * periodNanos / THREADS;
                for (long i = 0; i < lines / THREADS; i++) {
                    next += periodNanos;
                    awaitTime(next, periodNanos);
                    long before = System.nanoTime();
                    if (!idle) {
                        log.info("http", "request handled").with("method", "POST").with("path", "/orders/o-000042")
                                .with("route", "/orders/{id}").with("status", 201).with("duration_ms", i / 1e3)
                                .with("padding", "0123456789012345678901234567890123456789").write();
                    }
                    counts.incrementAndGet(bucket(System.nanoTime() - before));
                }
                end.countDown();
            });
        }
        end.await();
        long[] copy = new long[counts.length()];
        Arrays.setAll(copy, counts::get);
        return copy;
    }

    /** Sleeps: threads that spin would take the processors from what is measured. */
    private static void awaitTime(long time, long periodNanos) {
        for (long left = time - System.nanoTime(); periodNanos > 0 && left > 0; left = time - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Buckets grow by a 32nd of a doubling. */
    private static int bucket(long nanos) {
        return (int) (BUCKETS_A_DOUBLING * Math.log(Math.max(nanos, 1)) / Math.log(2));
    }

    /** In microseconds. */
    private static double percentile(long[] counts, double share) {
        long all = Arrays.stream(counts).sum();
        long rank = (long) Math.ceil(all * share);
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return Math.pow(2, (i + 1.0) / BUCKETS_A_DOUBLING) / 1e3;
            }
        }
        throw new IllegalStateException("nothing was measured");
    }
}
