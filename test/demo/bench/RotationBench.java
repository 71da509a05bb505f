package demo.bench;

import demo.log.Console;
import demo.log.CurrentSpan;
import demo.log.Level;
import demo.log.Log;
import demo.log.LogSettings;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * How long a caller waits for its line, in quiet and while files rotate and compress: {@code ./build.sh bench rotation
 * [ROUNDS [SECONDS]]}. Four threads, 50,000 lines/s in all at fixed times, so that a wait doesn't hide the next; with
 * rotation at 5 MB that is three rotations and compressions a second. Beside it the same clockwork around nothing, and
 * around one write(2) of a line that was made beforehand: what the machine and its disk add by themselves.
 *
 * <p>Not with JMH, which calls as fast as calls return and has no second thread that compresses: what is asked here is
 * the tail at a given rate.
 *
 * <p>You should see: the tail of the quiet log is the disk's, and rotation at most doubles it.
 */
final class RotationBench {
    private static final int THREADS = 4;
    private static final long LINES_A_SECOND = 50_000;
    private static final long WARM_UP_LINES = 100_000;
    private static final int P9999 = 3;
    private static final int AGAINST_QUIET = 6;

    private static final byte[] LINE = ("x".repeat(299) + "\n").getBytes(StandardCharsets.US_ASCII);

    /** What is called for a line. */
    private interface Subject {
        void call(long line);
    }

    private RotationBench() {
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("child")) {
            child(args[1], Path.of(args[2]), Integer.parseInt(args[3]));
            return;
        }
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
        String seconds = args.length > 1 ? args[1] : "8";
        var results = new Results(String.format("%,d lines/s from %d threads, %d rounds of %s s", LINES_A_SECOND, THREADS,
                rounds, seconds), "log()", new Results.Column("p50 µs", "%.1f"), new Results.Column("p99 µs", "%.1f"),
                new Results.Column("p99.9 µs", "%.1f"), new Results.Column("p99.99 µs", "%.0f"),
                new Results.Column("worst µs", "%.0f"), new Results.Column("rotations", "%.0f"),
                new Results.Column("p99.99 against quiet", "%.1f"));
        for (int round = 0; round < rounds; round++) {
            double quiet = Results.NONE;
            for (String kind : List.of("nothing", "write(2)", "quiet", "rotating")) {
                double[] figures = run(kind, seconds);
                quiet = kind.equals("quiet") ? figures[P9999] : quiet;
                figures[AGAINST_QUIET] = figures[P9999] / quiet;
                results.add(kind, figures);
            }
        }
        results.print();
    }

    private static double[] run(String kind, String seconds) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory(Path.of("build"), "bench-rotation");
        try {
            String line = Child.run(RotationBench.class, "child", kind, folder.toAbsolutePath().toString(), seconds);
            return Arrays.copyOf(Arrays.stream(line.split(" ")).mapToDouble(Double::parseDouble).toArray(),
                    AGAINST_QUIET + 1);
        } finally {
            Child.delete(folder);
        }
    }

    private static void child(String kind, Path folder, int seconds) throws IOException, InterruptedException {
        var settings = new LogSettings(folder.resolve("app.log"), Level.INFO, "api",
                kind.equals("rotating") ? 5_000_000 : 1L << 40, Duration.ofHours(24), Duration.ofDays(7), Long.MAX_VALUE,
                Duration.ZERO);
        try (Log log = Log.open(settings, CurrentSpan.NONE, InstantSource.system(),
                Console.standard(InstantSource.system()));
                var plain = new FileOutputStream(folder.resolve("plain.log").toFile(), true)) {
            Subject subject = switch (kind) {
                case "nothing" -> _ -> { };
                case "write(2)" -> _ -> write(plain);
                default -> i -> log.info("http", "request handled").with("method", "POST")
                        .with("path", "/orders/o-000042").with("route", "/orders/{id}").with("status", 201)
                        .with("duration_ms", i / 1e3).with("padding", "0123456789012345678901234567890123456789").write();
            };
            produce(subject, WARM_UP_LINES, 0);
            long rotations = log.stats().rotations();
            Latencies waits = produce(subject, LINES_A_SECOND * seconds, 1_000_000_000L * THREADS / LINES_A_SECOND);
            System.out.printf("%.2f %.2f %.2f %.2f %.2f %d%n", waits.micros(0.5), waits.micros(0.99),
                    waits.micros(0.999), waits.micros(0.9999), waits.micros(1),
                    log.stats().rotations() - rotations);
        }
    }

    private static void write(FileOutputStream file) {
        try {
            file.write(LINE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Latencies produce(Subject subject, long lines, long periodNanos) throws InterruptedException {
        var waits = new Latencies();
        var end = new CountDownLatch(THREADS);
        for (int t = 0; t < THREADS; t++) {
            int thread = t;
            Thread.ofPlatform().start(() -> {
                long next = System.nanoTime() + thread * periodNanos / THREADS;
                for (long i = 0; i < lines / THREADS; i++) {
                    next += periodNanos;
                    awaitTime(next, periodNanos);
                    long before = System.nanoTime();
                    subject.call(i);
                    waits.add(System.nanoTime() - before);
                }
                end.countDown();
            });
        }
        end.await();
        return waits;
    }

    /** Sleeps: threads that spin would take the processors from what is measured. */
    private static void awaitTime(long time, long periodNanos) {
        for (long left = time - System.nanoTime(); periodNanos > 0 && left > 0; left = time - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
