package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class LifeCycleTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "HTTP_PORT | many | HTTP_PORT must be a whole number from 0 to 65535, was 'many'",
        "LOG_ROTATION_SIZE | 10 | LOG_ROTATION_SIZE must be a size such as 10MB or 512KiB, at least 1000 B, was '10'",
    })
    void aBadSettingIsOneLineAndExitCode2(String name, String value, String said) throws Exception {
        var process = Service.process(folder, Map.of(name, value)).start();

        assertEquals(said, process.inputReader().readLine());
        assertTrue(process.waitFor(5_500, TimeUnit.MILLISECONDS), "waits 6 s for spans that can't come");
        assertEquals(2, process.exitValue());
        assertEquals(null, process.inputReader().readLine());
        assertFalse(Files.exists(folder.resolve("app.log")));
    }

    @Test
    void aPortInUseSaysWhichAndWhoToAsk() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var process = Service.process(folder, Map.of("HTTP_PORT", "" + taken.getLocalPort())).start();

            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertEquals(1, process.waitFor());
            assertTrue(output.startsWith("api: cannot listen on 127.0.0.1:" + taken.getLocalPort() + ": address already in use"), output);
            assertTrue(output.contains("lsof -i :" + taken.getLocalPort()), output);
        }
    }

    @Test
    void sigtermRefusesNewRequestsFinishesThoseInFlightAndFlushesTheirSpans() throws Exception {
        try (var receiver = new OtlpReceiver();
                var requests = Executors.newVirtualThreadPerTaskExecutor();
                // Spans would be sent after a minute only: what arrives was flushed.
                var service = Service.start(folder, with(Service.exportingTo(receiver.endpoint()),
                        // With this seed the payment takes 1.5 s and is accepted.
                        Map.of("FAULTS", "on", "SEED", "7", "OTEL_BSP_SCHEDULE_DELAY", "60000")))) {
            service.post("/faults", "{\"fault\": \"slow-payments\", \"on\": true}");
            Future<HttpResponse<String>> inFlight =
                    requests.submit(() -> service.post("/orders", "{\"item\": \"tea\", \"quantity\": 1}"));
            while (!service.openMetrics().contains("http_server_active_requests{http_request_method=\"POST\"} 2.0")) {
                Thread.onSpinWait();
            }

            int exit = service.terminate();

            var answer = inFlight.get();
            assertTrue(answer.statusCode() == 201 || answer.statusCode() == 402, answer.body());
            receiver.trace(Service.traceId(answer), spans -> spans.size() == 5);
            var lines = service.lines();
            assertEquals("stopped", lines.get(lines.size() - 1).get("message"));
            assertEquals(143, exit); // 128 + SIGTERM, as the JVM ends and as process managers expect
        }
    }

    @Test
    void withoutAnEndpointItSaysOnceThatTracesStayHere() throws Exception {
        try (var service = Service.start(folder, Map.of())) {
            service.awaitOutput(line -> line.contains("traces are not exported"));

            var answer = service.get("/menu");
            service.terminate();

            assertEquals(1, service.requests(Service.traceId(answer)).size());
            assertEquals(1, service.output().stream().filter(line -> line.contains("traces are not exported")).count());
            assertEquals(1, service.lines().stream().filter(
                    line -> line.get("message").toString().startsWith("traces are not exported")).count());
        }
    }

    @Test
    void spansLeaveByGrpcWhereNoProtocolIsNamed() throws Exception {
        try (var endpoint = new GrpcEndpoint();
                var service = Service.start(folder, Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.url()))) {
            var answer = service.get("/menu");

            var span = endpoint.spans().poll(15, TimeUnit.SECONDS);

            assertEquals("GET /menu", span == null ? "no span" : span.getName());
            assertEquals(Service.traceId(answer), OtlpReceiver.hex(span.getTraceId()));
        }
    }

    @Test
    void anEndpointThatRefusesAndComesBackIsOneLineEach() throws Exception {
        try (var receiver = new OtlpReceiver();
                var service = Service.start(folder, Service.exportingTo(receiver.endpoint()))) {
            receiver.answers(400);
            for (int i = 0; i < 5; i++) {
                assertEquals(200, service.get("/menu").statusCode());
            }
            service.awaitOutput(line -> line.contains("spans are dropped"));
            receiver.answers(200);
            String traceId = Service.traceId(service.get("/menu"));
            receiver.trace(traceId, spans -> spans.size() == 1);
            service.awaitOutput(line -> line.contains("spans are exported again; "));

            assertEquals(1, service.output().stream().filter(line -> line.contains("spans are dropped")).count());
            assertEquals(1, service.lines().stream().filter(
                    line -> line.get("message").toString().startsWith("spans are dropped")).count());
            assertTrue(service.openMetrics().lines().anyMatch(line -> line.matches("trace_spans_failed_total [1-9].*")));
        }
    }

    @Test
    void anEndpointThatAcceptsAndNeverAnswersHoldsUpNoRequest() throws Exception {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var service = Service.start(folder, with(Service.exportingTo("http://127.0.0.1:" + silent.getLocalPort()),
                        Map.of("OTEL_BSP_MAX_QUEUE_SIZE", "2048", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "512")))) {
            long longestNanos = 0;
            // More spans than the agent's queue holds (2,048), so that it is full while the first batch waits.
            for (int i = 0; i < 2_500; i++) {
                long startNanos = System.nanoTime();
                assertEquals(200, service.get("/menu").statusCode());
                longestNanos = Math.max(longestNanos, System.nanoTime() - startNanos);
            }

            // The exporter waits 10 s for an answer; a request that waited with it would take as long.
            assertTrue(longestNanos < 5_000_000_000L, longestNanos + " ns");
            assertEquals(2_500, service.lines().stream().filter(line -> "/menu".equals(line.get("route"))).count());
        }
    }

    @Test
    void aSecondServiceOnTheSameLogIsRefused() throws Exception {
        try (var _ = Service.start(folder, Map.of())) {
            var second = Service.process(folder, Map.of()).start();

            String output = new String(second.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertEquals(1, second.waitFor());
            assertTrue(output.contains("app.log"), output);
        }
    }

    private static Map<String, String> with(Map<String, String> one, Map<String, String> other) {
        var both = new java.util.HashMap<>(one);
        both.putAll(other);
        return both;
    }
}
