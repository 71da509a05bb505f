package demo.bench;

import demo.bench.Results.Column;
import demo.log.Console;
import demo.log.CurrentSpan;
import demo.log.Level;
import demo.log.Log;
import demo.log.LogSettings;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;

/**
 * How long one call of the log takes while files rotate and compress:
 * {@code ./build.sh bench rotation [ROUNDS [SECONDS]]}. Four threads log 50,000 lines/s in all at fixed times; with
 * rotation at 5 MB that is three rotations and compressions a second. The baselines are the same threads with one
 * write(2) of a ready line, and with the log while nothing rotates.
 *
 * <p>JMH is not used: it calls as fast as calls return, and this measures the tail at a given rate.
 *
 * <p>You should see: the maximum below 20 ms, close to the maximum of the baselines.
 */
final class RotationBench {
    private static final int THREADS = 4;
    private static final long LINES_PER_SECOND = 50_000;
    private static final long WARM_UP_LINES = 100_000;
    private static final String PADDING = "0123456789".repeat(4);
    private static final byte[] LINE = new byte[300];

    private RotationBench() {
    }

    static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
        String seconds = args.length > 1 ? args[1] : "8";
        var rows = new LinkedHashMap<String, Results.Measurement>();
        for (String kind : List.of("one write(2)", "log, no rotation", "log, rotating")) {
            rows.put(kind, folder -> Child.run(Run.class, kind, folder.toString(), seconds));
        }
        var results = new Results(String.format("%,d lines/s from %d threads, %d rounds of %s s", LINES_PER_SECOND,
                THREADS, rounds, seconds), "one call", new Column("p50 µs", "%.1f"), new Column("p99 µs", "%.1f"),
                new Column("p99.9 µs", "%.1f"), new Column("max ms", "%.2f"), new Column("rotations", "%.0f"));
        results.measure(rounds, rows);
        results.print();
        results.chart("rotation", "Duration of one call, microseconds", 0, 1, 2);
    }

    /** The measured process: {@code KIND FOLDER SECONDS}. */
    static final class Run {
        public static void main(String[] args) throws Exception {
            var folder = Path.of(args[1]);
            var settings = new LogSettings(folder.resolve("app.log"), Level.INFO, "api",
                    args[0].equals("log, rotating") ? 5_000_000 : 1L << 40, Duration.ofHours(24), Duration.ofDays(7),
                    Long.MAX_VALUE, Duration.ZERO);
            try (Log log = Log.open(settings, CurrentSpan.NONE, InstantSource.system(), Console.silent());
                    var plain = new FileOutputStream(folder.resolve("plain.log").toFile(), true)) {
                LongConsumer call = args[0].equals("one write(2)") ? _ -> write(plain)
                        : i -> log.info("http", "request handled").with("method", "POST")
                            .with("path", "/orders/o-000042").with("route", "/orders/{id}").with("status", 201)
                            .with("duration_ms", i / 1e3).with("padding", PADDING).write();
                produce(call, WARM_UP_LINES, 0);
                long rotations = log.stats().rotations();
                Latencies latencies = produce(call, LINES_PER_SECOND * Integer.parseInt(args[2]),
                        1_000_000_000L * THREADS / LINES_PER_SECOND);
                System.out.printf("%.2f %.2f %.2f %.4f %d%n", latencies.micros(0.5), latencies.micros(0.99),
                        latencies.micros(0.999), latencies.micros(1) / 1e3, log.stats().rotations() - rotations);
            }
        }

        private static void write(FileOutputStream file) {
            try {
                file.write(LINE);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Threads sleep until their next line is due: spinning would take the processors from the log. */
        private static Latencies produce(LongConsumer call, long lines, long periodNanos) throws InterruptedException {
            var latencies = new Latencies();
            var end = new CountDownLatch(THREADS);
            for (int t = 0; t < THREADS; t++) {
                long first = System.nanoTime() + t * periodNanos / THREADS;
                Thread.ofPlatform().start(() -> {
                    for (long i = 0; i < lines / THREADS; i++) {
                        LockSupport.parkNanos(first + i * periodNanos - System.nanoTime());
                        long before = System.nanoTime();
                        call.accept(i);
                        latencies.add(System.nanoTime() - before);
                    }
                    end.countDown();
                });
            }
            end.await();
            return latencies;
        }
    }
}
