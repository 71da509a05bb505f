package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The simulated faults and the telemetry that shows them. IncidentsTest has those that need traffic. */
@Timeout(60)
class FaultsTest {
    @TempDir
    static Path folder;

    static OtlpReceiver receiver;
    static Service service;

    @BeforeAll
    static void start() throws Exception {
        receiver = new OtlpReceiver();
        var environment = new HashMap<>(Service.exportingTo(receiver.endpoint()));
        environment.put("FAULTS", "on");
        environment.put("SEED", "7");
        service = Service.start(folder, environment);
    }

    @AfterAll
    static void stop() {
        service.close();
        receiver.close();
    }

    @Test
    void aDefectIs500WithoutDetailsAndALineWithTheStackTrace() throws Exception {
        String location = service.placeOrder().headers().firstValue("Location").orElseThrow();
        service.setFault("error-burst", true);
        HttpResponse<String> response;
        do {
            response = service.get(location);
        } while (response.statusCode() == 200);
        service.setFault("error-burst", false);

        assertEquals(500, response.statusCode());
        assertEquals("urn:demo:problem:internal_error", Service.flat(response.body()).get("type"));
        assertFalse(response.body().contains("receipt"));
        var line = service.requests(Service.traceId(response)).get(0);
        assertEquals("ERROR", line.get("level"));
        assertEquals("server error", line.get("message"));
        assertEquals("java.lang.IllegalStateException", line.get("error_type"));
        assertTrue(line.get("stack_trace").toString().contains("demo.api.OrderHandler.find"), line::toString);
        var span = receiver.trace(Service.traceId(response), spans -> spans.size() == 1).get(0);
        assertEquals(Status.StatusCode.STATUS_CODE_ERROR, span.getStatus().getCode());
        assertEquals("exception", span.getEvents(0).getName());
    }

    @Test
    void aLogStormWritesTwoHundredWarnings() throws Exception {
        service.setFault("log-storm", true);
        String traceId = Service.traceId(service.get("/menu"));
        service.setFault("log-storm", false);

        assertEquals(201, service.lines().stream().filter(line -> traceId.equals(line.get("trace_id"))).count());
    }

    @Test
    void deadReplicasAreVisibleOnlyAsTimedOutClientSpans() throws Exception {
        service.setFault("dead-replica", true);
        int attempts = 0;
        int maxAttempts = 0;
        for (int i = 0; i < 3; i++) { // one order starts at each of the three replicas
            var response = service.post("/orders", "{\"item\": \"tea\", \"quantity\": 1}");
            assertTrue(response.statusCode() == 201 || response.statusCode() == 402, response.body());
            String traceId = Service.traceId(response);
            // Besides the attempts, the trace has spans for the order, the stock, the payment and the card.
            var calls = calls(receiver.trace(traceId, spans -> spans.size() - calls(spans).size() == 4));
            assertEquals(List.of("/payments", "/orders"),
                    service.requests(traceId).stream().map(line -> line.get("route")).toList());
            attempts += calls.size();
            maxAttempts = Math.max(maxAttempts, calls.size());
        }
        service.setFault("dead-replica", false);

        assertEquals(6, attempts);
        assertEquals(3, maxAttempts);
    }

    private static List<Span> calls(List<Span> trace) {
        return trace.stream().filter(span -> span.getKind() == Span.SpanKind.SPAN_KIND_CLIENT).toList();
    }

    @Test
    void lookupsThatHoldTheConnectionsDelayOrders() throws Exception {
        String location = service.placeOrder().headers().firstValue("Location").orElseThrow();
        service.setFault("pool-exhaustion", true);
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var lookups = new ArrayList<Future<HttpResponse<String>>>();
            for (int i = 0; i < 60; i++) {
                lookups.add(clients.submit(() -> service.get(location)));
            }
            // The queue must still exist when the order arrives, even if its payment is slow.
            var inFlight = Pattern.compile("http_server_active_requests\\{http_request_method=\"GET\"} [3-6]\\d");
            while (!inFlight.matcher(service.openMetrics()).find()) {
                Thread.onSpinWait();
            }
            var order = service.placeOrder();
            service.setFault("pool-exhaustion", false);

            var trace = receiver.trace(Service.traceId(order), spans -> spans.size() == 5);
            var call = calls(trace).getFirst();
            var server = trace.stream().filter(span -> span.getName().equals("POST /orders")).findFirst().orElseThrow();
            long waitMillis = (server.getEndTimeUnixNano() - call.getEndTimeUnixNano()) / 1_000_000;
            assertTrue(waitMillis > 100, "the order waited for its connection for " + waitMillis + " ms");
            for (var lookup : lookups) {
                assertEquals(200, lookup.get().statusCode());
            }
        }
    }
}
