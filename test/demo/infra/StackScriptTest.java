package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The stack's scripts when a service is missing or killed, or when another process uses its port. The scripts run in a
 * project of their own, in a long path with a space, an umlaut and a percent sign, and in a network namespace of
 * their own. The services are small Python programs that listen on the real ports. The drills use the real services.
 */
@Timeout(120)
class StackScriptTest {
    private record Run(int exit, String output) {
    }

    private static final String LISTENER = "exec python3 -m http.server --bind 127.0.0.1 ";
    private static boolean namespaces;

    @TempDir
    Path folder;
    private Path project;

    @BeforeEach
    void makeProject() throws Exception {
        assumeTrue(Stack.isOnPath("python3") && Stack.isOnPath("unshare") && Stack.isOnPath("ip"), "needs python3, unshare and ip on the PATH");
        project = folder.resolve("größe 100%/" + "long-".repeat(25) + "/demo");
        Files.createDirectories(project.resolve("infra/native"));
        Files.createDirectories(project.resolve("build/jdk/bin"));
        for (String script : List.of("infra/stack.sh", "infra/native/native.sh")) {
            Files.copy(Path.of(script), project.resolve(script));
        }
        program("build.sh", "[ \"$1\" != jdk ] || echo build/jdk");
        program("build/jdk/bin/java", "case \"$*\" in *verify*) echo verified ;; *) " + LISTENER + "8000 ;; esac");
        for (var one : Map.of("minio", "9000", "prometheus", "9009", "loki", "3100", "alloy", "12345").entrySet()) {
            program("bin/" + one.getKey(), LISTENER + one.getValue());
        }
        program("bin/tempo", "[ \"$1\" != -help ] || { echo -live-store; exit; }; " + LISTENER + "3200");
        namespaces = namespaces || bash("true").exit == 0;
        assumeTrue(namespaces, "this system does not allow network namespaces");
    }

    @Test
    void startsChecksAndStopsTheServicesOnThePath() throws Exception {
        var run = bash("infra/stack.sh up-native; infra/stack.sh status; infra/stack.sh down-native; infra/stack.sh status");

        assertEquals(0, run.exit, run.output);
        assertContains(run.output, "left out: grafana is not on the PATH", "prometheus replaces mimir", "verified\nup after ",
                "checked with data: minio loki tempo alloy prometheus api", "  loki        runs, pid ", "  loki        does not run");
    }

    @Test
    void restartsAKilledService() throws Exception {
        var run = bash("infra/stack.sh up-native >/dev/null 2>&1; before=$(infra/stack.sh status | grep loki); infra/native/native.sh signal KILL loki;"
                + " for i in 1 2 3 4 5 6 7 8 9; do sleep 1; after=$(infra/stack.sh status | grep loki);"
                + " [[ $after == *runs* && $after != \"$before\" ]] && echo back && break; done; infra/stack.sh down-native");

        assertContains(run.output, "back");
    }

    @Test
    void reportsAndStopsServicesWhoseKeeperWasKilled() throws Exception {
        var run = bash("infra/stack.sh up-native >/dev/null 2>&1; sed -n 's/^runner //p' var/native/run | xargs kill -9; infra/stack.sh status;"
                + " infra/stack.sh up-native; timeout 2 infra/stack.sh logs loki; infra/stack.sh down-native; infra/stack.sh status;"
                + " infra/native/native.sh runs || echo ended;"
                + " (exec 3<>/dev/tcp/127.0.0.1/3100) 2>/dev/null || echo free");

        assertContains(run.output, "  loki        left over, pid ", "stack: left over from an earlier start: minio (pid ",
                "just down-native ends it", "stops left-over services: minio", "  loki        does not run", "ended\nfree");
    }

    @Test
    void refusesAPortThatIsTakenAndNamesTheProcess() throws Exception {
        var run = bash("cd /tmp; python3 -m http.server --bind 127.0.0.1 3100 >/dev/null 2>&1 & sleep 2; cd - >/dev/null; infra/stack.sh up-native;"
                + " infra/stack.sh status");

        assertContains(run.output, "stack: port 3100, which loki needs, is taken by python3 (pid ", ") in /tmp",
                "  loki        does not run\n              port 3100 is taken by python3");
    }

    @Test
    void refusesASecondCheckoutWhileTheFirstOneRuns() throws Exception {
        var run = bash("infra/stack.sh up-native >/dev/null 2>&1; cp -R . ../second; rm -rf ../second/var; ../second/infra/stack.sh up-native;"
                + " infra/stack.sh up-native; infra/stack.sh down-native");

        assertContains(run.output, "stack: port 9000, which minio needs, is taken by python3", ") in " + project.toRealPath(), "stack: runs already");
    }

    @Test
    void skipsServicesThatNeedAMissingService() throws Exception {
        Files.delete(project.resolve("bin/minio"));
        Files.delete(project.resolve("bin/alloy"));

        var run = bash("infra/stack.sh up-native; cat var/native/run; infra/stack.sh down-native; infra/native/native.sh runs || echo ended");

        assertContains(run.output, "left out: minio is not on the PATH", "left out: loki cannot work without minio",
                "left out: tempo cannot work without minio", "left-out tempo tempo cannot work without minio", "ended");
    }

    @Test
    void reportsWhyAServiceEndsRepeatedly() throws Exception {
        program("build/jdk/bin/java", "echo 'LOG_LEVEL must be one of DEBUG, INFO, WARN, ERROR, was loud'; exit 2");

        var run = bash("infra/stack.sh up-native; infra/stack.sh status; infra/stack.sh down-native");

        assertContains(run.output, "stack: api ended 5 times; just logs api; its last line: LOG_LEVEL must be one of DEBUG",
                "  api         ended 5 times: just logs api");
    }

    @Test
    void reportsADataFolderThatIsNotWritableInOneSentence() throws Exception {
        Files.writeString(project.resolve("var"), "a file");

        var run = bash("infra/stack.sh up-native");

        assertEquals(1, run.exit);
        assertEquals(1, run.output.lines().filter(line -> !line.contains("left out") && !line.contains("replaces mimir")).count(), run.output);
        assertContains(run.output, "stack: cannot write to ", ": check its owner and mode, or set STACK_DATA to another folder");
    }

    @Test
    void followsTheLogsOfTheNativeProcesses() throws Exception {
        program("bin/tail", "echo \"tail ${*//*native\\//}\"");

        var run = bash("infra/stack.sh up-native >/dev/null 2>&1; infra/stack.sh logs loki; infra/stack.sh logs lokki; infra/stack.sh down-native");

        assertContains(run.output, "loki.log", "stack: found no log of 'lokki', expected one of: alloy api loki");
    }

    @Test
    void upPassesTheProjectNamesAndReportsABrokenArrow() throws Exception {
        program("bin/docker", "echo \"docker $*\"; case \"$*\" in *'compose up --help') echo --wait ;; esac");
        program("build/jdk/bin/java", "echo broken; exit 1");

        var run = bash("COMPOSE_PROJECT_NAME=mine infra/stack.sh up");

        assertEquals(1, run.exit);
        assertContains(run.output, "docker compose -p demo-obs -f infra/docker-compose.obs.yml up -d --wait\n",
                "docker compose -p demo-api -f infra/docker-compose.api.yml up -d --wait\n", "broken\nstack: runs, but an arrow is broken");
    }

    @Test
    void upRefusesACheckoutThatContainersCannotRead() throws Exception {
        program("bin/docker", "exit 0");
        Files.setPosixFilePermissions(project.resolve("infra/native"), PosixFilePermissions.fromString("rwx------"));

        assertContains(bash("infra/stack.sh up").output, "stack: containers cannot read infra/native (a checkout with umask 077?): chmod -R a+rX infra");
    }

    @Test
    void refusesAnUnknownVerbAndListsTheKnownOnes() throws Exception {
        assertEquals(new Run(1, "stack: expected up, down, logs, status, config, apply, clean, up-native or down-native, got 'explode'\n"),
                bash("infra/stack.sh explode"));
    }

    private static void assertContains(String output, String... parts) {
        for (String part : parts) {
            assertTrue(output.contains(part), "expected '" + part + "' in: " + output);
        }
    }

    private void program(String name, String does) throws IOException {
        Path script = project.resolve(name);
        Files.createDirectories(script.getParent());
        Files.writeString(script, "#!/usr/bin/env bash\n" + does + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Run bash(String commands) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "bash", "-c",
                "mount -t proc proc /proc 2>/dev/null; ip link set lo up && " + commands));
        command.add(1, "--mount");
        var builder = new ProcessBuilder(command).directory(project.toFile()).redirectErrorStream(true);
        // Only the system's folders: the real services may be on the PATH.
        builder.environment().put("PATH", project.resolve("bin") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        builder.environment().put("UP_TIMEOUT", "60"); // seconds
        builder.environment().remove("STACK_DATA");
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), output);
    }
}
