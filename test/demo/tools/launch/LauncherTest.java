package demo.tools.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Starts and stops {@code java Main.java} from another folder, in a process group of its own. */
@Timeout(120)
@Order(1)
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
        assertTrue(output.contains("ignoring JAVA_TOOL_OPTIONS"), output);
        assertTrue(output.contains("log in " + Path.of("build/launcher-test/app.log").toAbsolutePath()), output);
        assertTrue(output.contains("traces go to http://127.0.0.1:"), output);
        int summary = output.indexOf(" arrivals ");
        assertTrue(summary > 0 && summary < output.indexOf("API stopped"), output);
        assertFalse(output.matches("(?s).*(\u001b|lost|dropped|refused|Exception).*"), output);
        assertTrue(all.stream().noneMatch(ProcessHandle::isAlive), output);
    }

    @Test
    void restartsPocketAndContinuesWithoutTrafficAndStopsAllWhenTheLauncherIsKilled() throws Exception {
        environment.put("TRAFFIC_MIX", "broken");
        start(Path.of("").toAbsolutePath(), "build/jdk/bin/java", "@build/launch.args");
        awaitOutput("Main.java: traffic ended with exit code 2; continuing without it\n");

        awaitChild("@build/pocket.args").destroyForcibly();
        awaitOutput("Main.java: pocket ended with exit code 137; restarting it\n");
        awaitChild("@build/pocket.args");
        List<ProcessHandle> all = main.descendants().toList();
        main.destroyForcibly();

        assertEquals(137, shell.waitFor());
        awaitEnd(all);
    }

    @Test
    void continuesWithoutPocketWhenItsPortIsTakenAndStopsAllWhenMainIsKilled() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            environment.put("POCKET_OTLP_PORT", "" + taken.getLocalPort());
            start();
            awaitChild("@build/api.args");
            List<ProcessHandle> all = main.descendants().toList();

            main.destroyForcibly();

            awaitEnd(all);
            assertTrue(output().startsWith("Main.java: cannot listen on 127.0.0.1:" + taken.getLocalPort()
                    + ": Address already in use (POCKET_OTLP_PORT); continuing without Pocket\n"), output());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            HTTP_PORT   | many  | 2 | HTTP_PORT must be a whole number from 1 to 65535, was 'many'
            POCKET_PORT | many  | 2 | POCKET_PORT must be a whole number from 0 to 65535, was 'many'
            HTTP_PORT   | taken | 1 | Main.java: cannot listen on 127.0.0.1:taken: Address already in use; \
            set HTTP_PORT to another port
            """)
    void reportsOnceWhyItCannotStart(String setting, String value, int exit, String message) throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String port = "" + taken.getLocalPort();
            var builder = new ProcessBuilder("build/jdk/bin/java", "@build/launch.args").redirectErrorStream(true);
            builder.environment().put("HTTP_PORT", "8000");
            builder.environment().put(setting, value.replace("taken", port));
            Process launcher = builder.start();
            String output = new String(launcher.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertEquals(message.replace("taken", port) + "\n", output);
            assertEquals(exit, launcher.waitFor());
        }
    }

    @AfterEach
    void end() throws Exception {
        if (shell != null) {
            main.descendants().forEach(ProcessHandle::destroyForcibly);
            main.destroyForcibly();
            shell.waitFor();
        }
    }

    private void start() throws Exception {
        start(folder, Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                Path.of("Main.java").toAbsolutePath().toString());
    }

    private void start(Path directory, String... command) throws Exception {
        // Job control gives the background job a process group of its own.
        var builder = new ProcessBuilder("bash", "-c", "set -m; \"$@\" & set +m; wait $!", "bash");
        builder.command().addAll(List.of(command));
        builder.directory(directory.toFile()).redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("OTEL_"));
        builder.environment().putAll(Map.of("HTTP_PORT", freePort(), "POCKET_PORT", freePort(),
                "POCKET_OTLP_PORT", freePort(), "LOG_FILE", folder.resolve("app.log").toString()));
        builder.environment().putAll(environment);
        shell = builder.start();
        while (main == null) {
            assertTrue(shell.isAlive(), output());
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
            var child = main.descendants()
                    .filter(process -> process.info().commandLine().orElse("").contains(argument)).findFirst();
            if (child.isPresent()) {
                return child.get();
            }
            Thread.sleep(20);
        }
    }

    private static void awaitEnd(List<ProcessHandle> processes) {
        processes.forEach(process -> process.onExit().orTimeout(60, TimeUnit.SECONDS).join());
    }

    private static void kill(String signal, String target) throws Exception {
        assertEquals(0, new ProcessBuilder("kill", signal, "--", target).inheritIO().start().waitFor());
    }
}
