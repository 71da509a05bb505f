package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The stack's scripts when a service is missing or killed, or when another process uses its port. The scripts run in a
 * project of their own, in a long path with a space, an umlaut and a percent sign, and in a network namespace of
 * their own. The services are small Python programs that listen on the real ports. The drills use the real services.
 */
@Timeout(120)
@Order(1)
class StackScriptTest {
    private static final String LISTENER = """
            exec python3 -SEc 'import socket, sys
            server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
            while True:
                client = server.accept()[0]
                client.recv(65536)
                client.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n")
                client.close()' %s
            """;

    @TempDir
    Path folder;
    private Path project;

    @BeforeEach
    void makeProject() throws Exception {
        assumeTrue(Stream.of("python3", "unshare", "ip", "lsof").allMatch(Stack::isOnPath),
                "needs python3, unshare, ip and lsof on the PATH");
        project = folder.resolve("größe 100%/" + "long-".repeat(25) + "/demo");
        Files.createDirectories(project.resolve("infra/native"));
        for (String script : List.of("infra/stack.sh", "infra/native/native.sh")) {
            Files.copy(Path.of(script), project.resolve(script));
        }
        program("build.sh", "[ \"$1\" != jdk ] || echo build/jdk");
        program("build/jdk/bin/java",
                "case \"$*\" in *verify*) echo verified; exit ;; esac\n" + LISTENER.formatted(8000));
        Map.of("minio", 9000, "prometheus", 9009, "loki", 3100, "alloy", 12345)
                .forEach((name, port) -> program("bin/" + name, LISTENER.formatted(port)));
        program("bin/tempo", "[ \"$1\" != -help ] || { echo -live-store; exit; }\n" + LISTENER.formatted(3200));
        program("bin/tail", "case $* in *-F*) echo \"follows ${*: -1}\" ;; *) exec /usr/bin/tail \"$@\" ;; esac");
        assumeTrue(bash(-1, "echo namespace").contains("namespace"), "this system does not allow network namespaces");
    }

    @Test
    void startsChecksReportsRestartsAndStopsTheServicesOnThePath() throws Exception {
        var output = bash(0, """
                infra/stack.sh up-native
                infra/stack.sh status
                infra/stack.sh up-native
                cp -R . ../second; rm -r ../second/var; ../second/infra/stack.sh up-native
                infra/stack.sh logs loki; infra/stack.sh logs lokki
                infra/native/native.sh kill loki; infra/stack.sh status
                infra/native/native.sh restart loki && echo "restarted loki"
                infra/stack.sh down-native; infra/stack.sh status
                infra/native/native.sh runs || echo ended
                """);

        assertContainsInOrder(output, "prometheus replaces mimir", "left out: grafana is not on the PATH",
                "verified\nup after ", "checked with data: minio prometheus loki tempo alloy api\n  API",
                "Loki     http://127.0.0.1:3100/ready", " ready", "  loki        runs, pid ",
                "left out:   grafana is not on the PATH", "stack: runs already",
                "stack: port 9000, which minio needs, is taken by python3", "follows loki.log",
                "stack: found no log of 'lokki', expected one of: ./alloy.log",
                "  loki        has ended: just logs loki", "restarted loki", "  loki        does not run", "ended");
    }

    @Test
    void leavesOutServicesThatCannotRunAndReportsAServiceThatEnds() throws Exception {
        Files.delete(project.resolve("bin/minio"));
        Files.delete(project.resolve("bin/alloy"));
        program("build/jdk/bin/java", "echo 'LOG_LEVEL must be one of DEBUG, INFO, WARN, ERROR, was loud'; exit 2");

        var output = bash(0, "infra/stack.sh up-native; cat var/native/run; infra/stack.sh status;"
                + " infra/stack.sh down-native");

        assertContainsInOrder(output, "left out: minio is not on the PATH",
                "left out: loki cannot work without minio", "left out: tempo cannot work without minio",
                "stack: api has ended: just logs api; its last line: LOG_LEVEL must be one of DEBUG",
                "left-out tempo tempo cannot work without minio", "  api         has ended: just logs api");
    }

    @Test
    void reportsADataFolderThatIsNotWritableInOneSentence() throws Exception {
        Files.writeString(project.resolve("var"), "a file");

        var output = bash(1, "infra/stack.sh up-native");

        assertEquals(1, output.lines().count(), output);
        assertContainsInOrder(output, "stack: cannot write to ",
                ": check its owner and mode, or set STACK_DATA to another folder");
    }

    @Test
    void upPassesTheProjectNamesAndReportsABrokenArrow() throws Exception {
        program("bin/docker", "echo \"docker $*\"; case \"$*\" in *'compose up --help') echo --wait ;; esac");
        program("build/jdk/bin/java", "echo broken; exit 1");

        var output = bash(1, "COMPOSE_PROJECT_NAME=mine infra/stack.sh up");

        assertContainsInOrder(output, "docker compose -p demo-obs -f infra/docker-compose.obs.yml up -d --wait\n",
                "docker compose -p demo-api -f infra/docker-compose.api.yml up -d --wait\n",
                "broken\nstack: runs, but an arrow is broken");
    }

    @Test
    void upRefusesACheckoutThatContainersCannotRead() throws Exception {
        program("bin/docker", "exit 0");
        Files.setPosixFilePermissions(project.resolve("infra/native"), PosixFilePermissions.fromString("rwx------"));

        assertEquals("stack: containers cannot read infra/native (a checkout with umask 077?): chmod -R a+rX infra\n",
                bash(1, "infra/stack.sh up"));
    }

    private static void assertContainsInOrder(String output, String... parts) {
        int from = 0;
        for (String part : parts) {
            int at = output.indexOf(part, from);
            assertTrue(at >= 0, "expected '" + part + "' after character " + from + " of: " + output);
            from = at + part.length();
        }
    }

    private void program(String name, String script) {
        Path file = project.resolve(name);
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, "#!/usr/bin/env bash\n" + script + "\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs in a network namespace of its own, with the system's folders only: the real services may be on the PATH. */
    private String bash(int exitCode, String commands) throws IOException, InterruptedException {
        var environment = Map.of("UP_TIMEOUT", "60", "STACK_DATA", "",
                "PATH", project.resolve("bin") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        return Stack.run(exitCode, environment, List.of("unshare", "--mount", "--map-root-user", "--net", "--pid",
                "--fork", "--kill-child", "--wd=" + project, "bash", "-c",
                "mount -t proc proc /proc 2>/dev/null; ip link set lo up || exit 77\n" + commands));
    }
}
