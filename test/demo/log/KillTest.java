package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines survive kill -9, and one process writes a log; {@link KillDrill} has the long form. */
class KillTest {
    @TempDir
    private Path folder;

    @Test
    void everyReturnedLineIsInTheFilesOnceAfterKills() throws Exception {
        new KillDrill(folder, 200_000).drill(8, 150_000, 11);
    }

    @Test
    void aSecondProcessIsRefusedAndNamesTheOwner() throws Exception {
        Path file = folder.resolve("logs/app.log");
        try (Log log = Log.open(LogSettings.of(file, "api"))) {
            Process second = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx64m", "-cp", KillDrill.classPath(), KillDrill.class.getName(),
                    folder.toString(), "1000000").redirectErrorStream(true).start();
            String output = new String(second.getInputStream().readAllBytes());

            assertEquals(1, second.waitFor());
            assertTrue(output.contains("another process (" + ProcessHandle.current().pid() + ") already writes the log "
                    + file + "; set another log file for this process"), output);
            log.info("l", "the first process continues").write();
        }
        assertEquals(1, Lines.of(file).size());
    }

    @Test
    void theLockOfAKilledProcessIsReleased() throws IOException {
        Path logs = Files.createDirectories(folder.resolve("logs"));
        Files.writeString(logs.resolve(".app.log.lock"), "1");

        Log.open(LogSettings.of(logs.resolve("app.log"), "api")).close();

        assertEquals(Long.toString(ProcessHandle.current().pid()), Files.readString(logs.resolve(".app.log.lock")));
    }
}
