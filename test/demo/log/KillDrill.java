package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Kills a process that logs as fast as it can (kill -9) at random moments, also during rotations, compressions and
 * deletions, many times. Every line whose write() had returned must be in the files once, after the earlier lines of
 * its thread, and no leftover may stay. Half of the threads are virtual; all are interrupted now and then.
 *
 * <p>The child, which is the main class, writes its progress to a memory-mapped file, which outlives the process: for
 * each thread the number of the last returned line, then for each thread the number of the last begun line.
 */
public final class KillDrill {
    private static final int THREADS = 8;
    private static final Duration RETENTION = Duration.ofDays(7);
    /** Enough that a child that is killed early has not deleted all old files. */
    private static final int OLD_FILES = 200;

    private final Path folder;
    private final Path file;
    private final long rotationBytes;
    private final LongBuffer shared;
    /** The returned lines. A line's number is its number in the thread times THREADS, plus the number of the thread. */
    private final BitSet returned = new BitSet();

    public KillDrill(Path folder, long rotationBytes) throws IOException {
        this.folder = folder;
        this.file = folder.resolve("logs/app.log");
        this.rotationBytes = rotationBytes;
        this.shared = shared(folder);
    }

    private static LongBuffer shared(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder.resolve("returned"), StandardOpenOption.CREATE,
                StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, 2L * THREADS * Long.BYTES).asLongBuffer();
        }
    }

    /** The child: the folder and the rotation size. */
    public static void main(String[] args) throws IOException {
        LongBuffer shared = shared(Path.of(args[0]));
        Log log = Log.open(settings(Path.of(args[0], "logs/app.log"), Long.parseLong(args[1])));
        for (int t = 0; t < THREADS; t++) {
            int thread = t;
            var builder = t % 2 == 0 ? Thread.ofPlatform() : Thread.ofVirtual();
            builder.start(() -> {
                for (long n = shared.get(THREADS + thread) + 1; ; n++) {
                    if (n % 500 == 0) {
                        Thread.currentThread().interrupt();
                    }
                    shared.put(THREADS + thread, n);
                    log.info("drill", "numbered").with("number", n * THREADS + thread).write();
                    shared.put(thread, n);
                }
            });
        }
    }

    private static LogSettings settings(Path file, long rotationBytes) {
        return new LogSettings(file, Level.INFO, "api", rotationBytes, Duration.ofHours(24), RETENTION, Long.MAX_VALUE,
                Duration.ZERO);
    }

    /** Writes about {@code lines} lines in all and kills the child {@code kills} times. */
    public String drill(int kills, long lines, long seed) throws IOException, InterruptedException {
        var random = new Random(seed);
        for (int k = 0; k < kills; k++) {
            createOldFiles();
            runChild(1 + random.nextLong(2 * lines / kills)); // sometimes killed with its first line
        }
        var clock = InstantSource.system();
        try (Log log = Log.openWithoutBackground(settings(file, rotationBytes), CurrentSpan.NONE, clock,
                Console.standard(clock), new Disk())) { // finishes the files of the last killed child
            log.info("drill", "end").with("number", 0).write();
            while (log.maintainRotatedFiles()) {
                Thread.onSpinWait();
            }
        }
        var missing = (BitSet) returned.clone();
        var last = new int[THREADS]; // the number of each thread's last line
        int outOfOrder = 0; // a doubled line is one, too
        int torn = 0;
        for (Path part : Lines.parts(file)) {
            for (byte[] line : Lines.of(part)) {
                int number = number(line);
                if (number < 0) {
                    torn++;
                } else if (number > 0) {
                    outOfOrder += number > last[number % THREADS] ? 0 : 1;
                    last[number % THREADS] = number;
                    missing.clear(number);
                }
            }
        }
        String report = kills + " kills: " + returned.cardinality() + " returned lines, " + missing.cardinality()
                + " missing, " + outOfOrder + " doubled or out of order; " + torn + " torn lines, " + leftovers()
                + " leftovers";
        assertEquals(0, missing.cardinality() + outOfOrder + leftovers(), report);
        assertTrue(torn <= kills && returned.cardinality() > lines / 2, report);
        return report;
    }

    /** Creates files that retention must delete. */
    private void createOldFiles() throws IOException {
        Files.createDirectories(file.getParent());
        var old = LogFileName.at("app.log", Instant.now().minus(RETENTION.multipliedBy(2)));
        for (int i = 0; i < OLD_FILES; i++) {
            old = old.nextInSecond();
            Files.write(file.resolveSibling((i % 2 == 0 ? old : old.asCompressed()).toString()), new byte[0]);
        }
    }

    private void runChild(long lines) throws IOException, InterruptedException {
        var before = new long[2 * THREADS];
        shared.get(0, before);
        Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", "build/test-classes:build/demo.jar",
                KillDrill.class.getName(), folder.toString(), Long.toString(rotationBytes))
                .inheritIO().start();
        long goal = sumReturned() + lines;
        while (sumReturned() < goal) {
            if (child.waitFor(1, TimeUnit.MILLISECONDS)) {
                throw new IOException("the child ended with " + child.exitValue());
            }
        }
        child.destroyForcibly().waitFor();
        for (int t = 0; t < THREADS; t++) {
            for (long n = before[THREADS + t] + 1; n <= shared.get(t); n++) {
                returned.set((int) n * THREADS + t);
            }
        }
    }

    private long sumReturned() {
        return IntStream.range(0, THREADS).mapToLong(shared::get).sum();
    }

    /** -1 for an incomplete line. */
    private static int number(byte[] line) {
        try {
            return ((Long) Lines.parse(line).get("number")).intValue();
        } catch (IllegalArgumentException e) {
            return -1;
        }
    }

    /** Temporary files, plain files, plain files whose compressed copy exists, and old files. */
    private long leftovers() throws IOException {
        Instant oldest = Instant.now().minus(RETENTION);
        return Lines.names(file.getParent()).stream().filter(name -> !name.equals("app.log")
                && !name.equals(".app.log.lock") && (!name.endsWith(".gz")
                || LogFileName.parse("app.log", name).orElseThrow().rotated().isBefore(oldest))).count();
    }
}
