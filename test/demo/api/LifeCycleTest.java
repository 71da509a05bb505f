package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Start and stop of the real service, and its span export. */
@Timeout(120)
class LifeCycleTest {
    @TempDir
    Path folder;

    @Test
    void reportsABadSettingInOneLineWithExitCode2() throws Exception {
        record Bad(Map<String, String> environment, String line) {}
        var all = List.of(
                new Bad(Map.of("PAYMENTS_URL", "http://x:99999/a"), "PAYMENTS_URL must be http[s]://HOST[:PORT][/PATH]"
                        + " without user name and fragment, was 'http://x:99999/a'"),
                new Bad(Map.of("HTTP_HOST", "8.8.8.8"), "HTTP_HOST must be an address of this machine, was '8.8.8.8'"),
                new Bad(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317"), "OTEL_EXPORTER_OTLP_ENDPOINT must be a"
                        + " URL such as http://127.0.0.1:4317, was 'localhost:4317'"),
                new Bad(Map.of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:4318/v1/traces",
                                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
                        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL must be grpc or http/protobuf, was 'http/json'"));
        var processes = new ArrayList<Process>();
        for (Bad bad : all) {
            processes.add(Service.process(folder, bad.environment).start()); // all at once, to save time
        }

        for (int i = 0; i < all.size(); i++) {
            assertEnds(2, all.get(i).line, processes.get(i));
        }
        assertFalse(Files.exists(folder.resolve("app.log")));
    }

    @Test
    void startsAmongTheVariablesOfOtherSoftware() throws Exception {
        var environment = Map.of("LOG_FORMAT", "json", "HTTP_TIMEOUT_MS", "5", "LOG_LEVL", "DEBUG", "HTTP_PORT", "0\r",
                "OTEL_EXPORTER_OTLP_ENDPOINT", "", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", " ");
        try (var service = Service.start(folder, environment)) {
            service.awaitOutput(line -> line.contains("traces are not exported"));
            var response = service.get("/menu");

            // Without an endpoint requests still have trace ids.
            assertEquals(1, service.requests(Service.traceId(response)).size());
            assertEquals(1, lines(service, "traces are not exported: OTEL_EXPORTER_OTLP_ENDPOINT is not set"));
            assertEquals("LOG_LEVL is not a setting and is ignored; did you mean LOG_LEVEL?", service.output().get(0));
            assertEquals(3, service.output().size(), service.output()::toString);

            String port = Integer.toString(service.port());
            assertEnds(1, "api: cannot listen on 127.0.0.1:" + port + ": address already in use; `lsof -i :" + port
                    + "` shows the process that uses the port, HTTP_PORT sets another port",
                    Service.process(folder.resolve("other"), Map.of("HTTP_PORT", port)).start());
            var second = Service.process(folder, Map.of()).start();
            var output = second.inputReader().readAllLines();
            assertEquals(1, second.waitFor());
            assertTrue(output.size() == 1 && output.get(0).contains("app.log"), output::toString);

            assertEnds(2, "LOG_FILE: cannot write the log /dev/null: not a regular file",
                    Service.process(folder, Map.of("LOG_FILE", "/dev/null")).start());

            assertEquals(143, service.terminate()); // 128 + SIGTERM
            assertEquals("stopped", service.lines().getLast().get("message"));
        }
    }

    @Test
    void reportsTheAgentsActualExporters() throws Exception {
        var endpoint = Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
        try (var disabled = Service.start(folder, with(endpoint, Map.of("OTEL_SDK_DISABLED", "true")))) {
            disabled.awaitOutput(line -> line.endsWith("traces are not exported: OTEL_SDK_DISABLED is true"));
            assertEquals(200, disabled.get("/menu").statusCode());
        }
        var builder = Service.process(Files.createDirectory(folder.resolve("other")),
                Map.of("OTEL_TRACES_EXPORTER", "otlp,console"));
        builder.command().add(1, "-Dotel.exporter.otlp.endpoint=http://127.0.0.1:1");
        try (var service = Service.start(builder)) {
            service.awaitOutput(line -> line.endsWith("traces go to http://127.0.0.1:1 (grpc) and console"));
        }
    }

    @Test
    void sigtermFinishesRequestsInFlightAndFlushesTheirSpans() throws Exception {
        try (var receiver = new OtlpReceiver();
                var requests = Executors.newVirtualThreadPerTaskExecutor();
                // The batch delay is one minute, so spans that arrive were flushed.
                var service = Service.start(folder, with(Service.exportingTo(receiver.endpoint()),
                        // With this seed the payment takes 1.5 s and is accepted.
                        Map.of("FAULTS", "on", "SEED", "7", "OTEL_BSP_SCHEDULE_DELAY", "60000")))) {
            service.setFault("slow-payments", true);
            Future<HttpResponse<String>> inFlight =
                    requests.submit(() -> service.post("/orders", "{\"item\": \"tea\", \"quantity\": 1}"));
            while (!service.openMetrics().contains("http_server_active_requests{http_request_method=\"POST\"} 2.0")) {
                Thread.onSpinWait();
            }

            service.terminate();

            var response = inFlight.get();
            assertTrue(response.statusCode() == 201 || response.statusCode() == 402, response.body());
            receiver.trace(Service.traceId(response), spans -> spans.size() == 5);
            assertEquals("stopped", service.lines().getLast().get("message"));
        }
    }

    @Test
    void reportsAFailingEndpointOnceAndStopsQuicklyWithoutIt() throws Exception {
        int port;
        Service service;
        try (var receiver = new OtlpReceiver()) {
            port = receiver.port();
            service = Service.start(folder, Service.exportingTo(receiver.endpoint()));
            receiver.respondWith(400);
            for (int i = 0; i < 5; i++) {
                assertEquals(200, service.get("/menu").statusCode());
            }
            service.awaitOutput(line -> line.contains("spans are dropped"));
            receiver.respondWith(200);
            String traceId = Service.traceId(service.get("/menu"));
            receiver.trace(traceId, spans -> spans.size() == 1);
            service.awaitOutput(line -> line.contains("spans are exported again; "));
        }

        try (service; var silent = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
            assertEquals(1, lines(service, "spans are dropped"));
            assertEquals(1, lines(service, "spans are exported again"));
            assertTrue(service.count("trace_spans_failed_total") >= 1);
            assertTrue(service.count("trace_spans_exported_total") >= 1);

            service.get("/menu");
            long stopNanos = System.nanoTime();
            service.terminate();
            // The agent alone would wait 10 s for the silent endpoint.
            assertTrue(System.nanoTime() - stopNanos < 8_000_000_000L, service.output()::toString);
            assertNotNull(silent);
        }
    }

    @Test
    void exportsSpansByGrpcWhenNoProtocolIsSet() throws Exception {
        try (var listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var service = Service.start(folder, Map.of("OTEL_EXPORTER_OTLP_ENDPOINT",
                        "http://127.0.0.1:" + listener.getLocalPort()))) {
            byte[] traceId = HexFormat.of().parseHex(Service.traceId(service.get("/menu")));

            String received = receiveUntil(new String(traceId, StandardCharsets.ISO_8859_1), listener);

            assertTrue(received.startsWith("PRI * HTTP/2.0"), received);
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

    private static void assertEnds(int code, String line, Process process) throws Exception {
        assertEquals(List.of(line), process.inputReader().readAllLines());
        assertTrue(process.waitFor(10, TimeUnit.SECONDS));
        assertEquals(code, process.exitValue());
    }

    /** The number of lines with these words, which must be the same on the console and in the log. */
    private static long lines(Service service, String words) throws IOException {
        long onConsole = service.output().stream().filter(line -> line.contains(words)).count();
        long inLog = service.lines().stream().filter(line -> line.get("message").toString().contains(words)).count();
        assertEquals(onConsole, inLog);
        return onConsole;
    }

    private static Map<String, String> with(Map<String, String> one, Map<String, String> other) {
        var both = new HashMap<>(one);
        both.putAll(other);
        return both;
    }
}
