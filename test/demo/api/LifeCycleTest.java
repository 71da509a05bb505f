package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Start and stop of the real service, and its span export. */
@Timeout(120)
@Order(1)
class LifeCycleTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "PAYMENTS_URL, http://x:99999/a, must be http[s]://HOST[:PORT][/PATH] without user name and fragment",
        "HTTP_HOST, 8.8.8.8, must be an address of this machine",
        "OTEL_EXPORTER_OTLP_ENDPOINT, localhost:4317, must be a URL such as http://127.0.0.1:4317",
        "OTEL_EXPORTER_OTLP_ENDPOINT, http://localhost:4317/v1, must be a URL such as http://127.0.0.1:4317",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL, http/json, must be grpc or http/protobuf"})
    void reportsABadSettingInOneLineWithExitCode2(String name, String value, String rule) throws Exception {
        assertEnds(2, name + " " + rule + ", was '" + value + "'", Map.of(name, value,
                "OTEL_JAVAAGENT_ENABLED", "" + name.startsWith("OTEL_"),
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", name.endsWith("PROTOCOL") ? "http://localhost:1" : ""));
        assertFalse(Files.exists(folder.resolve("app.log")));
    }

    @Test
    void startsAmongTheVariablesOfOtherSoftware() throws Exception {
        var environment = Map.of("LOG_FORMAT", "json", "HTTP_TIMEOUT_MS", "5", "LOG_LEVL", "DEBUG", "HTTP_PORT", "0\r",
                "OTEL_EXPORTER_OTLP_ENDPOINT", "", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", " ");
        try (var service = Service.start(folder, environment)) {
            service.awaitOutput(line -> line.contains("traces are not sent"));

            service.line(service.get("/menu")); // without an endpoint requests still have trace ids
            assertEquals(1, lines(service, "traces are not sent to an OTLP endpoint; OTEL_EXPORTER_OTLP_ENDPOINT sets one"));
            assertEquals("LOG_LEVL is not a setting and is ignored; did you mean LOG_LEVEL?", service.output().get(0));
            assertEquals(3, service.output().size(), service.output()::toString);

            String port = Integer.toString(service.port());
            assertEnds(1, "api: cannot listen on 127.0.0.1:" + port + ": address already in use; `lsof -i :" + port
                    + "` shows the process that uses the port, HTTP_PORT sets another port",
                    Map.of("HTTP_PORT", port, "LOG_FILE", folder + "/other.log"));
            assertEnds(1, "api: another process (" + service.process().pid() + ") already writes the log "
                    + folder.toRealPath().resolve("app.log") + "; set another log file for this process", Map.of());
            assertEnds(2, "LOG_FILE: cannot write the log /dev/null: not a regular file",
                    Map.of("LOG_FILE", "/dev/null"));

            assertEquals(143, service.terminate()); // 128 + SIGTERM
            assertEquals("stopped", service.lines().getLast().get("message"));
        }
    }

    /** Runs the service without its agent, which takes five times the CPU time of the start, unless set otherwise. */
    private void assertEnds(int code, String line, Map<String, String> environment) throws Exception {
        var builder = Service.process(folder, environment);
        builder.environment().putIfAbsent("OTEL_JAVAAGENT_ENABLED", "false");
        assertEnds(code, line, builder);
    }

    private static void assertEnds(int code, String line, ProcessBuilder builder) throws Exception {
        var process = builder.start();
        assertEquals(List.of(line), process.inputReader().readAllLines());
        assertEquals(code, process.waitFor());
    }

    /** strace lets the system call that locks a file fail, as on a network file system without locks. */
    @Test
    void refusesAFileSystemWithoutLocks() throws Exception {
        assumeTrue(new ProcessBuilder("sh", "-c", "strace -o /dev/null true").start().waitFor() == 0,
                "needs strace (Debian: apt-get install strace) and the permission to trace a process");
        var service = Service.process(folder, Map.of("OTEL_JAVAAGENT_ENABLED", "false"));
        service.command().addAll(0, List.of("strace", "-f", "-o", "/dev/null", "-e", "trace=fcntl",
                "-e", "inject=fcntl:error=ENOLCK"));

        assertEnds(2, "LOG_FILE: cannot write the log " + folder.resolve("app.log") + ": the file system cannot lock "
                + folder.resolve(".app.log.lock") + " (No locks available), use a local file system", service);
    }

    @Test
    void aSigtermBeforeTheServiceIsStartedPrintsNoException() throws Exception {
        var builder = Service.process(folder, Map.of());
        builder.command(builder.command().getFirst(), "-XX:TieredStopAtLevel=1", "-cp",
                "build/test-classes:build/demo.jar:lib/*", EndingProcess.class.getName());

        String output = String.join("\n", builder.start().inputReader().readAllLines());

        assertTrue(output.contains("main has ended") && !output.contains("Exception"), output);
    }

    /** Starts the service when the JVM is already ending. */
    static final class EndingProcess {
        public static void main(String[] arguments) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                Api.main(arguments);
                System.out.println("main has ended");
            }));
        }
    }

    @Test
    void reportsAFailingEndpointOnceAndSigtermFlushesTheSpansOfRequestsInFlight() throws Exception {
        try (var receiver = new OtlpReceiver(); var requests = Executors.newVirtualThreadPerTaskExecutor()) {
            // With this seed the payment takes 1.5 s and is accepted. A batch leaves after 3 s, a flush at once.
            var builder = Service.process(folder, Map.of("FAULTS", "on", "SEED", "7", "OTEL_BSP_SCHEDULE_DELAY", "3000",
                    "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", "OTEL_TRACES_EXPORTER", "otlp,console",
                    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", " "));
            builder.command().add(1, "-Dotel.exporter.otlp.endpoint=" + receiver.endpoint());
            try (var service = Service.start(builder)) {
                service.awaitOutput(line -> line.endsWith("traces go to " + receiver.endpoint() + " (http/protobuf)"));
                receiver.respondWith(400);
                service.get("/menu");
                service.awaitOutput(line -> line.contains("spans are dropped"));
                receiver.respondWith(200);
                receiver.trace(Service.traceId(service.get("/menu")), 1);
                service.awaitOutput(line -> line.contains("spans are exported again; "));
                assertEquals(1, lines(service, "spans are dropped"));
                assertEquals(1, lines(service, "spans are exported again"));
                assertTrue(service.count("trace_spans_failed_total") >= 1);
                assertTrue(service.count("trace_spans_exported_total") >= 1);

                service.setFault("slow-payments", true);
                Future<HttpResponse<String>> inFlight =
                        requests.submit(() -> service.post("/orders", "{\"item\": \"tea\", \"quantity\": 1}"));
                while (service.count("http_server_active_requests") < 2) { // order and payment
                    Thread.onSpinWait();
                }
                service.process().destroy();
                int ready;
                do {
                    ready = service.get("/readyz").statusCode(); // on a connection that is already open
                } while (ready == 200);
                assertEquals(503, ready);
                service.terminate();

                var response = inFlight.get();
                assertEquals(201, response.statusCode(), response.body());
                receiver.trace(Service.traceId(response), 5);
                assertEquals("stopped", service.lines().getLast().get("message"));
            }
        }
    }

    /** gRPC is the default protocol. The agent alone would wait 10 s for an endpoint that does not respond. */
    @Test
    void exportsSpansByGrpcAndStopsQuicklyWithoutAResponse() throws Exception {
        try (var endpoint = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var service = Service.start(folder, Map.of("OTEL_EXPORTER_OTLP_ENDPOINT",
                        "http://127.0.0.1:" + endpoint.getLocalPort()))) {
            byte[] traceId = HexFormat.of().parseHex(Service.traceId(service.get("/menu")));

            String received = receiveUntil(new String(traceId, StandardCharsets.ISO_8859_1), endpoint);

            assertTrue(received.startsWith("PRI * HTTP/2.0"), received);
            service.get("/menu");
            long stopNanos = System.nanoTime();
            service.terminate();
            assertTrue(System.nanoTime() - stopNanos < 8_000_000_000L, service.output()::toString);
        }
    }

    /** What one client sends, up to {@code end}; gRPC sends protobuf messages uncompressed. */
    private static String receiveUntil(String end, ServerSocket listener) throws IOException {
        listener.setSoTimeout(20_000);
        try (var client = listener.accept()) {
            client.setSoTimeout(20_000);
            var received = new ByteArrayOutputStream();
            while (!received.toString(StandardCharsets.ISO_8859_1).contains(end)) {
                received.write(client.getInputStream().read());
            }
            return received.toString(StandardCharsets.ISO_8859_1);
        }
    }

    /** The number of lines with these words, which must be the same on the console and in the log. */
    private static long lines(Service service, String words) throws IOException {
        long onConsole = service.output().stream().filter(line -> line.contains(words)).count();
        assertEquals(onConsole, service.lines("\"message\":\"[^\"]*" + words).size());
        return onConsole;
    }
}
