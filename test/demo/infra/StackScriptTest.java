package demo.infra;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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
                server.accept()' %s
            """;

    @TempDir
    Path folder;
    private Path project;

    @BeforeEach
    void makeProject() throws Exception {
        assumeTrue(Stream.of("python3", "unshare", "ip").allMatch(Stack::isOnPath),
                "needs python3, unshare and ip on the PATH");
        project = folder.resolve("größe 100%/" + "long-".repeat(25) + "/demo");
        for (String file : List.of("infra/stack.sh", "infra/native/native.sh", "infra/grafana/grafana.env")) {
            Files.createDirectories(project.resolve(file).getParent());
            Files.copy(Path.of(file), project.resolve(file));
        }
        program("build.sh", "[ \"$1\" = jar ] || { echo an arrow is broken; exit 1; }");
        program("build/jdk/bin/java",
                "case \"$*\" in *verify*) echo verified; exit ;; esac\n" + LISTENER.formatted(8000));
        for (var service : Map.of("minio", 9000, "prometheus", 9009, "loki", 3100, "tempo", 3200, "alloy", 12345)
                .entrySet()) {
            program("bin/" + service.getKey(), LISTENER.formatted(service.getValue()));
        }
        program("bin/tail", "case $* in *-f*) echo \"follows ${*: -1}\" ;; *) exec /usr/bin/tail \"$@\" ;; esac");
        assumeTrue(bash(-1, "echo namespace").contains("namespace"), "this system does not allow network namespaces");
    }

    @Test
    void startsChecksReportsRestartsAndStopsTheServicesOnThePath() throws Exception {
        var output = bash(0, """
                infra/native/native.sh up
                infra/stack.sh status
                infra/native/native.sh up
                cp -R . ../second; rm -r ../second/var; ../second/infra/native/native.sh up
                infra/stack.sh logs loki; infra/stack.sh logs mimir
                kill -9 "$(cut -d' ' -f1 var/native/loki.pid)"; infra/stack.sh status
                infra/stack.sh restart loki && infra/stack.sh status
                infra/native/native.sh down
                infra/native/native.sh runs || echo ended
                """);

        assertContainsInOrder(output, "prometheus replaces mimir", "left out: grafana is not on the PATH", "verified\n",
                "  loki        http://localhost:3100   pid ", "  left out: grafana is not on the PATH",
                "stack: runs already", "stack: port 9000, which minio needs, is taken by another process",
                "follows loki.log", "follows prometheus.log", "  loki        has ended: just logs loki",
                "  loki        http://localhost:3100   pid ", "ended");
    }

    @Test
    void leavesOutServicesThatCannotRunAndReportsAServiceThatEnds() throws Exception {
        Files.delete(project.resolve("bin/minio"));
        Files.delete(project.resolve("bin/alloy"));
        program("build/jdk/bin/java", "echo 'LOG_LEVEL must be one of DEBUG, INFO, WARN, ERROR, was loud'; exit 2");

        var output = bash(0, "infra/native/native.sh up; cat var/native/run; infra/native/native.sh status;"
                + " infra/native/native.sh down");

        assertContainsInOrder(output, "left out: minio is not on the PATH",
                "left out: loki cannot work without minio", "left out: tempo cannot work without minio",
                "stack: api has ended: just logs api; its last line: LOG_LEVEL must be one of DEBUG",
                "left-out tempo tempo cannot work without minio", "  api         has ended: just logs api");
    }

    @Test
    void upPassesTheProjectNamesAndReportsABrokenArrow() throws Exception {
        program("bin/docker", "echo \"docker $*\"; case \"$*\" in *'compose up --help') echo --wait ;; esac");

        var output = bash(1, "COMPOSE_PROJECT_NAME=mine infra/stack.sh up");

        assertContainsInOrder(output, "docker compose -p demo-obs -f infra/docker-compose.obs.yml up -d --wait\n",
                "docker compose -p demo-api -f infra/docker-compose.api.yml up -d --wait\n",
                "an arrow is broken\nstack: runs, but verify failed");
    }

    private static void assertContainsInOrder(String output, String... parts) {
        var pattern = "(?s).*" + Stream.of(parts).map(Pattern::quote).collect(Collectors.joining(".*")) + ".*";
        assertTrue(output.matches(pattern), "expected " + List.of(parts) + " in: " + output);
    }

    private void program(String name, String script) throws IOException {
        Path file = project.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/usr/bin/env bash\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Runs in a network namespace of its own, with the system's folders only: the real services may be on the PATH. */
    private String bash(int exitCode, String commands) throws Exception {
        var environment = Map.of("STACK_DATA", "",
                "PATH", project.resolve("bin") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        return Stack.run(exitCode, environment, List.of("unshare", "--mount", "--map-root-user", "--net", "--pid",
                "--fork", "--kill-child", "--wd=" + project, "bash", "-c",
                "mount -t proc proc /proc 2>/dev/null; ip link set lo up || exit 77\n" + commands));
    }
}
