package demo.tools.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Starts and stops {@code java Main.java} from another folder, in a process group of its own. */
@Timeout(120)
class LauncherTest {
    @TempDir
    Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private Process shell;
    private ProcessHandle main;

    @Test
    void ctrlCStopsTrafficThenServiceThenPocket() throws Exception {
        environment.putAll(Map.of("JAVA_TOOL_OPTIONS", "-XX:+UseG1GC", "http_proxy", "http://127.0.0.1:9",
                "LOG_FILE", "build/launcher-test/app.log", "OTEL_EXPORTER_OTLP_ENDPOINT", "",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"));
        start();
        awaitOutput("ready after");
        awaitOutput("traffic: ");
        List<ProcessHandle> all = main.descendants().toList();

        kill("-INT", "-" + main.pid());

        assertEquals(130, shell.waitFor());
        String output = output();
        assertTrue(output.contains("log in " + Path.of("build/launcher-test/app.log").toAbsolutePath()), output);
        assertTrue(output.contains("traces go to http://127.0.0.1:"), output);
        int summary = output.indexOf(" arrivals ");
        assertTrue(summary > 0 && summary < output.indexOf("API stopped"), output);
        assertFalse(output.matches("(?s).*(\u001b|lost|dropped|refused|Exception).*"), output);
        assertTrue(all.stream().noneMatch(ProcessHandle::isAlive), output);
    }

    @Test
    void restartsPocketAndStopsAllWhenTheLauncherIsKilled() throws Exception {
        start("--no-traffic");
        awaitOutput("ready after");

        kill("-KILL", "" + awaitChild("@build/pocket.args").pid());
        awaitOutput("Main.java: Pocket ended with exit code 137; restarting it");
        awaitChild("@build/pocket.args");
        List<ProcessHandle> all = main.descendants().toList();
        kill("-KILL", "" + awaitChild("@build/launch.args").pid());

        assertEquals(137, shell.waitFor());
        all.forEach(process -> process.onExit().orTimeout(60, TimeUnit.SECONDS).join());
    }

    @Test
    void continuesWithoutPocketAndTrafficThatCannotStartAndStopsAllWhenMainIsKilled() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            environment.put("POCKET_OTLP_PORT", "" + taken.getLocalPort());
            environment.put("TRAFFIC_MIX", "broken");
            start();
            awaitOutput("Main.java: the traffic generator ended with exit code 2; continuing without traffic\n");

            assertTrue(output().startsWith("Main.java: cannot listen on 127.0.0.1:" + taken.getLocalPort()
                    + ": Address already in use (POCKET_OTLP_PORT); continuing without Pocket\n"), output());
            assertFalse(output().contains("traces go to"), output());
            List<ProcessHandle> all = main.descendants().toList();
            assertFalse(all.stream().anyMatch(child -> isProgram(child, "@build/pocket.args")));

            main.destroyForcibly();

            all.forEach(process -> process.onExit().orTimeout(60, TimeUnit.SECONDS).join());
        }
    }

    @Test
    void reportsBadSettingOnce() throws Exception {
        environment.put("HTTP_PORT", "many");
        start();

        assertEquals(2, shell.waitFor());
        assertEquals("HTTP_PORT must be a whole number from 1 to 65535, was 'many'\n", output());
    }

    @Test
    void refusesEqualPorts() throws Exception {
        environment.putAll(Map.of("HTTP_PORT", "8000", "POCKET_PORT", "8000"));
        start();

        assertEquals(2, shell.waitFor());
        assertEquals("POCKET_PORT must differ from HTTP_PORT, was '8000'\n", output());
    }

    @Test
    void reportsTakenPortOnce() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            environment.put("HTTP_PORT", "" + taken.getLocalPort());
            start();

            assertEquals(1, shell.waitFor());
            assertEquals("Main.java: cannot listen on 127.0.0.1:" + taken.getLocalPort()
                    + ": Address already in use; set HTTP_PORT to another port\n", output());
        }
    }

    @AfterEach
    void end() throws Exception {
        main.descendants().forEach(ProcessHandle::destroyForcibly);
        main.destroyForcibly();
        shell.waitFor();
    }

    private void start(String... options) throws Exception {
        var command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                Path.of("Main.java").toAbsolutePath().toString());
        // Job control gives the background job a process group of its own.
        var builder = new ProcessBuilder("bash", "-c", "set -m; \"$@\" & set +m; wait $!", "bash")
                .directory(folder.toFile()).redirectErrorStream(true).redirectOutput(folder.resolve("output").toFile());
        builder.command().addAll(command);
        builder.command().addAll(List.of(options));
        builder.environment().keySet().removeIf(name -> name.startsWith("OTEL_"));
        builder.environment().putAll(Map.of("HTTP_PORT", freePort(), "POCKET_PORT", freePort(),
                "POCKET_OTLP_PORT", freePort(), "LOG_FILE", folder.resolve("app.log").toString()));
        builder.environment().putAll(environment);
        shell = builder.start();
        while (main == null && shell.isAlive()) {
            main = shell.children().findFirst().orElse(null);
        }
    }

    private static String freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return "" + socket.getLocalPort();
        }
    }

    private String output() throws IOException {
        return Files.readString(folder.resolve("output"));
    }

    private void awaitOutput(String text) throws Exception {
        while (!output().contains(text)) {
            assertTrue(shell.isAlive(), output());
            Thread.sleep(20);
        }
    }

    private ProcessHandle awaitChild(String argument) throws Exception {
        while (true) {
            var child = main.descendants().filter(process -> isProgram(process, argument)).findFirst();
            if (child.isPresent()) {
                return child.get();
            }
            Thread.sleep(20);
        }
    }

    private static boolean isProgram(ProcessHandle process, String argument) {
        return process.info().commandLine().orElse("").contains(argument);
    }

    private static void kill(String signal, String target) throws Exception {
        assertEquals(0, new ProcessBuilder("kill", signal, "--", target).inheritIO().start().waitFor());
    }
}
