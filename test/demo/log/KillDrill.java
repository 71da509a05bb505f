package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * Kills a process that logs as fast as it can (kill -9), at random moments and so also during rotations, compressions
 * and the deletion of old files, again and again; then counts. Every line whose write() had returned must be in the
 * files once, no other more than once, and no leftover may stay.
 *
 * <p>How a child says what it has been promised: each of its threads stores its last line's number in a file mapped
 * into memory, which outlives the process.
 *
 * <p>The main class is the child.
 */
public final class KillDrill {
    private static final int THREADS = 8;
    /** In the shared memory, where the numbers of lines that were begun stand: each is used once, promised or not. */
    private static final int BEGUN = THREADS;
    private static final Duration RETENTION = Duration.ofDays(7);
    /** So many that a child which is killed early has not deleted them all. */
    private static final int OLD_FILES = 300;

    private final Path folder;
    private final Path file;
    private final long rotationBytes;
    private final LongBuffer promised;
    /** The numbers that were promised, by thread. */
    private final List<BitSet> expected = new ArrayList<>();

    public KillDrill(Path folder, long rotationBytes) throws IOException {
        this.folder = folder;
        this.file = folder.resolve("logs/app.log");
        this.rotationBytes = rotationBytes;
        this.promised = promises(folder);
        for (int t = 0; t < THREADS; t++) {
            expected.add(new BitSet());
        }
    }

    /** What was found after the last kill. */
    record Report(long promised, long found, long missing, long doubled, long broken, long leftovers,
                  long compressedFiles) { }

    public static void main(String[] args) throws IOException {
        child(Path.of(args[0]), Long.parseLong(args[1]));
    }

    /** Logs about so many lines in all, kills that many times on the way, and asserts that the promise was kept. */
    public String drill(int kills, long lines, long seed) throws IOException, InterruptedException {
        Report report = run(kills, lines, new Random(seed));
        assertEquals(0, report.missing(), report::toString);
        assertEquals(0, report.doubled(), report::toString);
        assertEquals(0, report.leftovers(), report::toString);
        assertTrue(report.broken() <= kills, report::toString);
        assertTrue(report.promised() > lines / 2, report::toString);
        return kills + " kills: " + report.promised() + " promised lines, none missing, none doubled; "
                + report.broken() + " torn lines, " + report.compressedFiles() + " compressed files, no leftover";
    }

    private Report run(int kills, long lines, Random random) throws IOException, InterruptedException {
        for (int k = 1; k <= kills; k++) {
            putOldFiles();
            // Now and then a child is killed with its first line.
            runChild(sumOfPromises() + 1 + random.nextLong(2 * lines / kills));
        }
        return judge();
    }

    /** What retention has to delete. */
    private void putOldFiles() throws IOException {
        Files.createDirectories(file.getParent());
        var oldest = LogFileName.at("app.log", Instant.now().minus(RETENTION.multipliedBy(2)));
        for (int i = 0; i < OLD_FILES; i++) {
            oldest = oldest.nextCopy();
            Files.write(file.resolveSibling((i % 2 == 0 ? oldest : oldest.asCompressed()).toString()), new byte[0]);
        }
    }

    private void runChild(long goal) throws IOException, InterruptedException {
        long[] before = new long[THREADS];
        for (int t = 0; t < THREADS; t++) {
            before[t] = promised.get(BEGUN + t);
        }
        Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", classPath(),
                KillDrill.class.getName(), folder.toString(), Long.toString(rotationBytes))
                .redirectErrorStream(true).redirectOutput(folder.resolve("child.txt").toFile()).start();
        while (sumOfPromises() < goal) {
            if (!child.isAlive()) {
                throw new IOException("the child ended: " + Files.readString(folder.resolve("child.txt")));
            }
            Thread.yield();
        }
        child.destroyForcibly().waitFor();
        for (int t = 0; t < THREADS; t++) {
            if (promised.get(t) > before[t]) { // else it was killed before this thread's first line was promised
                expected.get(t).set((int) before[t] + 1, (int) promised.get(t) + 1);
            }
        }
    }

    /** Where these classes came from; the test runner loads them from a class path of its own. */
    static String classPath() {
        return Stream.of(KillDrill.class, Log.class)
                .map(type -> Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString())))
                .map(Path::toString).distinct().collect(Collectors.joining(File.pathSeparator));
    }

    private long sumOfPromises() {
        long sum = 0;
        for (int t = 0; t < THREADS; t++) {
            sum += promised.get(t);
        }
        return sum;
    }

    private static LongBuffer promises(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder.resolve("promises"), StandardOpenOption.CREATE,
                StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_WRITE, 0, 2L * THREADS * Long.BYTES);
            return bytes.asLongBuffer();
        }
    }

    private static LogSettings settings(Path file, long rotationBytes) {
        return new LogSettings(file, Level.INFO, "api", rotationBytes, Duration.ofHours(24), RETENTION, Long.MAX_VALUE, Duration.ZERO);
    }

    private static void child(Path folder, long rotationBytes) throws IOException {
        LongBuffer promised = promises(folder);
        Log log = Log.open(settings(folder.resolve("logs/app.log"), rotationBytes), CurrentSpan.NONE,
                InstantSource.system(), Console.standard(InstantSource.system()));
        for (int t = 0; t < THREADS; t++) {
            int thread = t;
            Thread.ofPlatform().start(() -> {
                for (long n = promised.get(BEGUN + thread) + 1; ; n++) {
                    promised.put(BEGUN + thread, n);
                    log.info("drill", "numbered").with("t", thread).with("n", n).write();
                    promised.put(thread, n);
                }
            });
        }
    }

    private Report judge() throws IOException {
        // Opening the log once more lets it finish what the last kill left.
        try (Log log = Log.openWithoutBackground(settings(file, rotationBytes), CurrentSpan.NONE,
                InstantSource.system(), Console.silent(), new Disk())) {
            log.check();
            while (log.maintainRotatedFiles()) {
                Thread.onSpinWait();
            }
        }
        List<BitSet> found = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            found.add(new BitSet());
        }
        long broken = 0;
        long doubled = 0;
        for (Path part : Lines.parts(file)) {
            try (InputStream in = part.toString().endsWith(".gz")
                    ? new GZIPInputStream(new BufferedInputStream(Files.newInputStream(part)), 1 << 16)
                    : Files.newInputStream(part);
                    var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8), 1 << 16)) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    int[] place = place(line);
                    if (place == null) {
                        broken++;
                    } else if (found.get(place[0]).get(place[1])) {
                        doubled++;
                    } else {
                        found.get(place[0]).set(place[1]);
                    }
                }
            }
        }
        long promisedLines = 0;
        long foundLines = 0;
        long missing = 0;
        for (int t = 0; t < THREADS; t++) {
            promisedLines += expected.get(t).cardinality();
            foundLines += found.get(t).cardinality();
            BitSet gone = (BitSet) expected.get(t).clone();
            gone.andNot(found.get(t));
            missing += gone.cardinality();
        }
        return new Report(promisedLines, foundLines, missing, doubled, broken, leftovers(), compressed());
    }

    /** A line's thread and number, null for half a line, which the kill tore and nobody was promised. */
    private static int[] place(String line) {
        try {
            Map<String, Object> fields = Lines.parse(line.getBytes(StandardCharsets.UTF_8));
            return new int[] {((Long) fields.get("t")).intValue(), ((Long) fields.get("n")).intValue()};
        } catch (UncheckedIOException e) {
            return null;
        }
    }

    /** Temporary files, plain files that should be compressed, files beside their compressed copy, and old ones. */
    private long leftovers() throws IOException {
        Instant oldest = Instant.now().minus(RETENTION);
        return Lines.names(file.getParent()).stream().filter(name -> !name.equals("app.log")
                && !name.equals(".app.log.lock") && (!name.endsWith(".gz")
                || LogFileName.parse("app.log", name).orElseThrow().rotated().isBefore(oldest))).count();
    }

    private long compressed() throws IOException {
        return Lines.names(file.getParent()).stream().filter(name -> name.endsWith(".gz")).count();
    }
}
