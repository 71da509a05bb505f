package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The promise, with kill -9; {@link KillDrill} has the long form. */
class KillTest {
    @TempDir
    private Path folder;

    @Test
    void noPromisedLineIsMissingAndNoneIsDoubledHoweverTheProcessIsKilled() throws Exception {
        new KillDrill(folder, 200_000).drill(8, 150_000, 11);
    }

    @Test
    void aSecondProcessIsRefusedAndSaysWhoOwnsTheLog() throws Exception {
        Path file = folder.resolve("logs/app.log");
        var settings = new LogSettings(file, Level.INFO, "api", 1_000_000, Duration.ofHours(24),
                Duration.ofDays(7), Long.MAX_VALUE, Duration.ZERO);
        try (Log log = Log.open(settings, CurrentSpan.NONE, InstantSource.system(), Console.silent())) {
            Process second = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx64m", "-cp", KillDrill.classPath(), KillDrill.class.getName(),
                    folder.toString(), "1000000").redirectErrorStream(true).start();
            String said = new String(second.getInputStream().readAllBytes());

            assertEquals(1, second.waitFor());
            assertTrue(said.contains("another process (" + ProcessHandle.current().pid() + ") already writes the log "
                    + file + "; one process a log file, so give this one its own"), said);
            log.info("l", "the first one goes on").write();
        }
        assertEquals(1, Lines.of(file).size());
    }

    @Test
    void aKilledOwnerLeavesNoLockBehind() throws IOException {
        Path logs = Files.createDirectories(folder.resolve("logs"));
        Files.writeString(logs.resolve(".app.log.lock"), "1");

        Log.openWithoutBackground(new LogSettings(logs.resolve("app.log"), Level.INFO, "api", 1_000_000,
                Duration.ofHours(24), Duration.ofDays(7), Long.MAX_VALUE, Duration.ZERO),
                CurrentSpan.NONE, InstantSource.system(), Console.silent(), new RealDisk()).close();

        assertEquals(Long.toString(ProcessHandle.current().pid()), Files.readString(logs.resolve(".app.log.lock")));
    }
}
