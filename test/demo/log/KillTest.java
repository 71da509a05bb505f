package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import demo.api.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines survive kill -9, and one process writes a log; {@link KillDrill} has the long form. */
class KillTest {
    @TempDir
    private Path folder;

    @Test
    void everyReturnedLineIsInTheFilesOnceAfterKills() throws Exception {
        new KillDrill(folder, 200_000).drill(4, 40_000, 11);
    }

    @Test
    void aSecondProcessIsRefusedAndNamesTheOwner() throws Exception {
        Path file = folder.resolve("logs/app.log");
        try (Log log = Log.open(LogSettings.of(file, "api"))) {
            Process second = KillDrill.child(folder, 1_000_000).start();
            String output = new String(second.getInputStream().readAllBytes());

            assertEquals(1, second.waitFor());
            assertTrue(output.contains("another process (" + ProcessHandle.current().pid() + ") already writes the log "
                    + file + "; set another log file for this process"), output);
            log.info("l", "the first process continues").write();
        }
        assertEquals(1, Lines.of(file).size());
    }

    /** strace lets the system call that locks a file fail, as on a network file system without locks. */
    @Test
    void theServiceRefusesAFileSystemWithoutLocksInOneSentence() throws Exception {
        assumeTrue(canTrace(), "needs strace (Debian: apt-get install strace) and the permission to trace a process");
        ProcessBuilder service = Service.process(folder, Map.of("OTEL_JAVAAGENT_ENABLED", "false"));
        service.command().addAll(0, List.of("strace", "-f", "-o", "/dev/null", "-e", "trace=fcntl",
                "-e", "inject=fcntl:error=ENOLCK"));
        Process process = service.start();
        String output = new String(process.getInputStream().readAllBytes());

        assertEquals(2, process.waitFor());
        assertEquals("LOG_FILE: cannot write the log " + folder.resolve("app.log") + ": the file system cannot lock "
                + folder.resolve(".app.log.lock") + " (No locks available), use a local file system\n", output);
    }

    private static boolean canTrace() throws InterruptedException {
        try {
            return new ProcessBuilder("strace", "-o", "/dev/null", "true").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void theLockOfAKilledProcessIsReleased() throws IOException {
        Path logs = Files.createDirectories(folder.resolve("logs"));
        Files.writeString(logs.resolve(".app.log.lock"), "1");

        Log.open(LogSettings.of(logs.resolve("app.log"), "api")).close();

        assertEquals(Long.toString(ProcessHandle.current().pid()), Files.readString(logs.resolve(".app.log.lock")));
    }
}
