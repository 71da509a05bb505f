package demo.bench;

import demo.log.Console;
import demo.log.CurrentSpan;
import demo.log.Level;
import demo.log.Log;
import demo.log.LogSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What rotated files that are kept cost the log: its opening by a process that has just started, a call that rotates,
 * the background thread while nothing is due, and opening and deleting them all once they are old.
 */
final class FilesScale {
    private static final List<Integer> SIZES = List.of(1, 10, 100, 1_000, 10_000);
    private static final int ROTATIONS = 50;
    private static final long IDLE_SECONDS = 4;
    private static final InstantSource CLOCK = InstantSource.system();
    private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern("'app.log.'uuuu-MM-dd_HH-mm-ss'.gz'")
            .withZone(ZoneOffset.UTC);

    private FilesScale() {
    }

    static void run(int rounds) throws Exception {
        var results = new Results(rounds + " rounds", "rotated files kept", new Results.Column("first opening, ms", "%.1f"),
                new Results.Column("rotation, µs", "%.0f"), new Results.Column("background, ms of CPU a second", "%.2f"),
                new Results.Column("deleting them, ms", "%.1f"));
        for (int round = 0; round < rounds; round++) {
            for (int size : SIZES) {
                Path folder = Files.createTempDirectory(Path.of("build"), "bench-files");
                try {
                    String line = Child.run(FilesScale.class, Integer.toString(size), folder.toAbsolutePath().toString());
                    results.add(String.format("%,d", size),
                            Arrays.stream(line.split(" ")).mapToDouble(Double::parseDouble).toArray());
                } finally {
                    Child.delete(folder);
                }
            }
        }
        results.print();
    }

    /** The child: how many files, and where. */
    public static void main(String[] args) throws Exception {
        int files = Integer.parseInt(args[0]);
        Path folder = Path.of(args[1]);
        Instant newest = CLOCK.instant().minus(Duration.ofHours(1));
        for (int i = 0; i < files; i++) {
            Files.createFile(folder.resolve(NAME.format(newest.minusSeconds(i))));
        }
        long start = System.nanoTime();
        Log log = open(folder, Duration.ofDays(7));
        double opening = millisSince(start);
        double background = backgroundMillisASecond();
        double rotation = rotationMicros(log);
        log.close();
        System.out.printf("%.3f %.2f %.4f %.2f%n", opening, rotation, background, deletionMillis(folder, files));
    }

    private static double millisSince(long startNanos) {
        return (System.nanoTime() - startNanos) / 1e6;
    }

    /** The name of a kept file says that it is an hour old. */
    private static Log open(Path folder, Duration retention) throws IOException {
        return Log.open(new LogSettings(folder.resolve("app.log"), Level.INFO, "api", 1_000, Duration.ofHours(24), retention, Long.MAX_VALUE,
                Duration.ofHours(1)), CurrentSpan.NONE, CLOCK, Console.standard(CLOCK));
    }

    private static double backgroundMillisASecond() throws InterruptedException {
        var threads = ManagementFactory.getThreadMXBean();
        long id = Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().equals("log-background"))
                .mapToLong(Thread::threadId).findFirst().orElseThrow();
        long before = threads.getThreadCpuTime(id);
        Thread.sleep(IDLE_SECONDS * 1_000);
        return (threads.getThreadCpuTime(id) - before) / 1e6 / IDLE_SECONDS;
    }

    private static double rotationMicros(Log log) {
        var micros = new ArrayList<Double>();
        while (micros.size() < ROTATIONS) {
            long rotations = log.stats().rotations();
            long start = System.nanoTime();
            log.info("bench", "a line").with("padding", "0123456789012345678901234567890123456789").write();
            long elapsed = System.nanoTime() - start;
            if (log.stats().rotations() > rotations) {
                micros.add(elapsed / 1e3);
            }
        }
        return micros.stream().sorted().skip(ROTATIONS / 2).findFirst().orElseThrow();
    }

    private static double deletionMillis(Path folder, int files) throws Exception {
        long start = System.nanoTime();
        try (Log log = open(folder, Duration.ofMinutes(30))) {
            while (log.stats().deletedByRetention() < files) {
                Thread.sleep(0, 100_000);
            }
            return millisSince(start);
        }
    }
}
