package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonFactory;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is really full: a small tmpfs in a mount namespace of its own, where nobody else sees it. */
class FullDiskTest {
    private static final int THREADS = 4;
    private static final int BALLAST_BYTES = 400_000;

    @TempDir
    private Path folder;

    @Test
    void requestsGoOnEveryLineIsAccountedForAndTheLogRecovers() throws Exception {
        assumeTrue(namespacesAllowed(), "this system lets nobody make a mount namespace");
        Process drill = inNamespace("mount -t tmpfs -o size=1m tmpfs \"$0\" && exec \"$@\"", folder.toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m", "-cp",
                KillDrill.classPath() + File.pathSeparator + jackson(), FullDiskTest.class.getName(),
                folder.toString()).start();
        String said = new String(drill.getInputStream().readAllBytes());

        assertEquals(0, drill.waitFor(), said);
        assertEquals("every line is accounted for", said.lines().reduce("", (a, b) -> b), said);
    }

    private static boolean namespacesAllowed() throws InterruptedException {
        try {
            return inNamespace("true").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static ProcessBuilder inNamespace(String script, String... args) {
        List<String> command = new ArrayList<>(List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                script));
        command.addAll(List.of(args));
        return new ProcessBuilder(command).redirectErrorStream(true);
    }

    private static String jackson() {
        return Path.of(URI.create(JsonFactory.class.getProtectionDomain().getCodeSource().getLocation().toString()))
                .toString();
    }

    /** Runs on the small disk, the only argument. */
    public static void main(String[] args) throws Exception {
        Path disk = Path.of(args[0]);
        Path ballast = Files.write(disk.resolve("ballast"), new byte[BALLAST_BYTES]);
        Path file = disk.resolve("app.log");
        var settings = new LogSettings(file, Level.INFO, "api", 150_000, Duration.ofHours(24), Duration.ofDays(7),
                Duration.ofMinutes(15));
        long logged;
        LogStats stats;
        try (Log log = Log.openWithoutBackground(settings, CurrentSpan.NONE, InstantSource.system(),
                Console.standard(InstantSource.system()), new RealDisk())) {
            logged = logUntilLinesAreLost(log);
            log.lookAfter();
            Files.delete(ballast);
            log.info("l", "after").write();
            logged++;
            log.lookAfter();
            stats = log.stats();
        }
        List<Map<String, Object>> lines = Lines.ofLog(file);
        List<Object> told = lines.stream().filter(line -> line.containsKey("lines_lost"))
                .map(line -> line.get("lines_lost")).toList();
        boolean accounted = lines.size() - told.size() + stats.linesLost() == logged
                && lines.size() == stats.linesWritten()
                && told.equals(List.of(stats.linesLost()))
                && lines.stream().anyMatch(line -> "after".equals(line.get("message")))
                && stats.rotations() > 0;
        System.out.println(logged + " logged, " + lines.size() + " found, told " + told + ", " + stats);
        System.out.println(accounted ? "every line is accounted for" : "lines are not accounted for");
    }

    private static long logUntilLinesAreLost(Log log) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        long[] counts = new long[THREADS];
        for (int t = 0; t < THREADS; t++) {
            int thread = t;
            threads.add(Thread.ofPlatform().start(() -> {
                while (log.stats().linesLost() < 2_000) {
                    log.info("l", "m".repeat((int) (counts[thread] % 300))).write();
                    counts[thread]++;
                }
            }));
        }
        long sum = 0;
        for (Thread thread : threads) {
            thread.join();
        }
        for (long count : counts) {
            sum += count;
        }
        return sum;
    }
}
