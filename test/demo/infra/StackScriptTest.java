package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What infra/stack.sh says and ends with, in a folder of its own, with a docker that does whatever it is asked and a
 * curl that answers as told. The drills do the same with the real services.
 */
class StackScriptTest {
    private record Run(int exit, String output) {
    }

    @TempDir
    Path folder;

    @BeforeEach
    void aProjectWithoutServices() throws Exception {
        Files.createDirectories(folder.resolve("infra"));
        Files.copy(Path.of("infra/stack.sh"), folder.resolve("infra/stack.sh"));
        program("docker", "exit 0");
    }

    @Test
    void anUnknownVerbIsRefusedWithWhatWasExpected() throws Exception {
        assertEquals(new Run(1, "stack: expected up, down, logs, status, config, apply, clean, up-native, down-native or "
                + "native, got 'explode'\n"), run("explode"));
    }

    @Test
    void upEndsWithZeroOnceOneRequestIsInAllThree() throws Exception {
        program("curl", "echo '\"metric\" \"stream\" \"spans\"'");

        Run up = run("up");

        assertEquals(0, up.exit(), up.output());
        for (String step : List.of("Mimir ready", "Grafana ready", "API answers", "request in Mimir", "request in Loki",
                "request in Tempo", "all green")) {
            assertTrue(up.output().contains("  " + step + " "), up.output());
        }
    }

    @Test
    void upEndsWithOneAndSaysWhatIsMissing() throws Exception {
        program("curl", "case \"$*\" in *3100*query_range*) exit 22 ;; esac; echo '\"metric\" \"stream\" \"spans\"'");

        Run up = run("up");

        assertEquals(1, up.exit(), up.output());
        assertTrue(up.output().contains("stack: request in Loki: not after 1 s; infra/stack.sh status and logs say more\n"),
                up.output());
        assertTrue(!up.output().contains("all green"), up.output());
    }

    /** With a supervisor that has given the API up, and a Tempo that is too old to be started. */
    @Test
    void upNativeSaysWhyTheApiCannotStart() throws Exception {
        program("curl", "exit 7");
        program("tempo", "echo usage");
        program("supervisorctl", "case \"$*\" in *pid) exit 1 ;; *'status api') echo 'api FATAL Exited too quickly'; exit 3 ;; esac");
        program("supervisord", "echo 'LOG_LEVEL must be one of DEBUG, INFO, WARN, ERROR, was loud' >var/native/api.log");
        executable(folder.resolve("build.sh"), "exit 0");
        try (var _ = supervisorSocket()) {
            Run up = run("up-native");

            assertEquals(1, up.exit(), up.output());
            assertTrue(up.output().contains("stack: the API can't start: LOG_LEVEL must be one of DEBUG"), up.output());
        }
    }

    /** The drills' supervisor leaves its socket and logs there; what follows them here only says what it was asked. */
    @Test
    void logsAreThoseOfTheNativeProcessesWhereTheyRun() throws Exception {
        program("tail", "echo \"tail ${*//*native/}\"");
        program("supervisorctl", "echo 4711");
        try (var _ = supervisorSocket()) {
            Files.writeString(folder.resolve("var/native/api.log"), "a line\n");
            Files.writeString(folder.resolve("var/native/loki.log"), "a line\n");

            assertEquals(new Run(0, "tail -n 50 -F /api.log /loki.log\n"), run("logs"));
            assertEquals(new Run(0, "tail -n 50 -F /loki.log\n"), run("logs", "loki"));
            assertEquals(new Run(1, "stack: found no log of a service 'lokki', expected one of: api loki\n"), run("logs", "lokki"));
        }
    }

    @Test
    void logsAreTheContainersWhereASupervisorWasKilled() throws Exception {
        program("supervisorctl", "exit 4");
        program("tail", "echo tail");
        try (var _ = supervisorSocket()) {
            Files.writeString(folder.resolve("var/native/api.log"), "an old line\n");

            assertEquals(new Run(0, ""), run("logs"));
        }
    }

    private void program(String name, String does) throws Exception {
        executable(Files.createDirectories(folder.resolve("bin")).resolve(name), does);
    }

    private static void executable(Path script, String does) throws Exception {
        Files.writeString(script, "#!/usr/bin/env bash\n" + does + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Where a supervisor listens, or listened until it was killed. */
    private ServerSocketChannel supervisorSocket() throws Exception {
        Path socket = Files.createDirectories(folder.resolve("var/native")).resolve("supervisor.sock");
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket));
    }

    private Run run(String... words) throws Exception {
        var builder = new ProcessBuilder("bash", folder.resolve("infra/stack.sh").toString()).redirectErrorStream(true);
        builder.command().addAll(List.of(words));
        builder.environment().put("PATH", folder.resolve("bin") + ":" + System.getenv("PATH"));
        builder.environment().put("UP_TIMEOUT", "1"); // second
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), output);
    }
}
