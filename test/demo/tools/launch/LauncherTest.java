package demo.tools.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts and stops {@code java Main.java} in a process group of its own. */
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

        new ProcessBuilder("kill", "-INT", "--", "-" + main.pid()).inheritIO().start(); // the whole group, as Ctrl-C

        assertEquals(130, shell.waitFor());
        String output = output();
        assertTrue(output.contains("ignoring JAVA_TOOL_OPTIONS"), output);
        assertTrue(output.contains("log in build/launcher-test/app.log"), output);
        assertTrue(output.contains("traces go to http://127.0.0.1:"), output);
        int summary = output.indexOf(" arrivals ");
        assertTrue(summary > 0 && summary < output.indexOf("API stopped"), output);
        assertFalse(output.matches("(?s).*(\u001b|lost|dropped|refused|Exception).*"), output);
        assertTrue(all.stream().noneMatch(ProcessHandle::isAlive), output);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Main.java", "@build/launch.args"})
    void continuesWithoutPocketAndTrafficAndLeavesNoProcessWhenKilled(String killed) throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            environment.putAll(Map.of("TRAFFIC_MIX", "broken", "POCKET_OTLP_PORT", "" + taken.getLocalPort()));
            start();
            awaitOutput("pocket: cannot listen on 127.0.0.1:" + taken.getLocalPort() + ": address already in use");
            awaitOutput("Main.java: pocket ended with exit code 1\n");
            awaitOutput("Main.java: traffic ended with exit code 2\n");
            List<ProcessHandle> all = Stream.concat(Stream.of(main), main.descendants()).toList();

            all.stream().filter(process -> process.info().commandLine().orElse("").contains(killed)).findFirst()
                    .orElseThrow().destroyForcibly();

            all.forEach(process -> process.onExit().orTimeout(60, TimeUnit.SECONDS).join());
        }
    }

    @Test
    void reportsInOneLineWhyItCannotStart() throws Exception {
        var other = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        other.createContext("/readyz", exchange -> exchange.sendResponseHeaders(200, -1));
        other.start();
        String address = "127.0.0.1:" + other.getAddress().getPort();
        environment.put("HTTP_PORT", "" + other.getAddress().getPort());
        start();

        assertEquals(1, shell.waitFor());
        assertEquals("Main.java: cannot listen on " + address + ": another service responds there; stop it or set"
                + " HTTP_PORT to another port\n", output());
        other.stop(0);

        environment.put("HTTP_PORT", "many");
        start();
        assertEquals(2, shell.waitFor());
        assertEquals("HTTP_PORT must be a whole number from 1 to 65535, was 'many'\n", output());
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
        // Job control gives the background job a process group of its own.
        var builder = new ProcessBuilder("bash", "-c", "set -m; \"$0\" Main.java & set +m; wait $!",
                System.getProperty("java.home") + "/bin/java");
        builder.redirectErrorStream(true).redirectOutput(folder.resolve("output").toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("OTEL_"));
        builder.environment().putAll(Map.of("HTTP_PORT", freePort(), "POCKET_PORT", freePort(),
                "POCKET_OTLP_PORT", freePort(), "LOG_FILE", folder.resolve("app.log").toString()));
        builder.environment().putAll(environment);
        shell = builder.start();
        for (main = null; main == null; main = shell.children().findFirst().orElse(null)) {
            assertTrue(shell.isAlive(), output());
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
}
