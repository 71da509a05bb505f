package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.opentelemetry.proto.trace.v1.Span;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The test to read first: what one request leaves behind. The real service, the real agent, a real OTLP endpoint. */
class OneRequestTest {
    @TempDir
    static Path folder;

    static OtlpReceiver receiver;
    static Service service;

    @BeforeAll
    static void start() throws Exception {
        receiver = new OtlpReceiver();
        service = Service.start(folder, Service.exportingTo(receiver.endpoint()));
    }

    @AfterAll
    static void stop() throws Exception {
        service.close();
        receiver.close();
    }

    @Test
    void leavesALineASampleAndASpanWithTheSameTraceId() throws Exception {
        var answer = service.get("/menu");

        String traceId = Service.traceId(answer);
        assertEquals(200, answer.statusCode());
        assertTrue(answer.body().startsWith("{\"menu\":[{\"item\":\"espresso\",\"price_cents\":250}"), answer.body());

        var lines = service.requests(traceId);
        assertEquals(1, lines.size());
        assertEquals(List.of("timestamp", "level", "service", "logger", "thread", "message", "trace_id", "span_id",
                "method", "path", "route", "status", "duration_ms"), List.copyOf(lines.get(0).keySet()));
        assertEquals(Map.of("method", "GET", "path", "/menu", "route", "/menu", "status", 200, "level", "INFO"),
                only(lines.get(0), "method", "path", "route", "status", "level"));

        var sample = service.openMetrics().lines().filter(line -> line.contains("trace_id=\"" + traceId + "\""))
                .toList();
        assertEquals(1, sample.size());
        assertTrue(sample.get(0).startsWith("http_server_request_duration_seconds_bucket{http_request_method=\"GET\","
                + "http_response_status_code=\"200\",http_route=\"/menu\",le="), sample.get(0));

        var trace = receiver.trace(traceId, spans -> spans.size() == 1);
        assertEquals("GET /menu", trace.get(0).getName());
        assertEquals(lines.get(0).get("span_id"), OtlpReceiver.hex(trace.get(0).getSpanId()));
    }

    @Test
    void anOrdersTraceGoesThroughStockAndPayment() throws Exception {
        var answer = service.post("/orders", "{\"item\": \"tea\", \"quantity\": 2}");

        String traceId = Service.traceId(answer);
        var trace = receiver.trace(traceId, spans -> spans.size() == 5);
        var byName = trace.stream().collect(Collectors.toMap(s -> s.getName() + " " + kind(s), s -> s));
        assertEquals(java.util.Set.of("POST /orders SERVER", "check stock INTERNAL", "POST CLIENT",
                "POST /payments SERVER", "authorize card INTERNAL"), byName.keySet());
        assertChild(byName, "check stock INTERNAL", "POST /orders SERVER");
        assertChild(byName, "POST CLIENT", "POST /orders SERVER");
        assertChild(byName, "POST /payments SERVER", "POST CLIENT");
        assertChild(byName, "authorize card INTERNAL", "POST /payments SERVER");
        assertEquals("tea", attribute(byName.get("POST /orders SERVER"), "order.item"));

        // 201, or 402 for the one in fifty whose card is declined: the trace is as long.
        assertTrue(answer.statusCode() == 201 || answer.statusCode() == 402, answer.body());
        assertEquals(List.of("/payments", "/orders"),
                service.requests(traceId).stream().map(line -> line.get("route")).toList());
    }

    @Test
    void anOrderCanBeFoundAgainUnderItsTemplate() throws Exception {
        String location = "/orders/none";
        for (int i = 0; i < 10 && location.endsWith("none"); i++) {
            location = service.post("/orders", "{\"item\": \"filter\", \"quantity\": 1}").headers()
                    .firstValue("Location").orElse(location);
        }

        var answer = service.get(location);

        assertEquals(200, answer.statusCode());
        assertEquals("filter", Service.flat(answer.body()).get("item"));
        assertEquals("/orders/{id}", service.requests(Service.traceId(answer)).get(0).get("route"));
        var span = receiver.trace(Service.traceId(answer), spans -> spans.size() == 1).get(0);
        assertEquals("GET /orders/{id}", span.getName());
        assertEquals("/orders/{id}", attribute(span, "http.route"));
    }

    @Test
    void takesPartInTheTraceOfItsClient() throws Exception {
        String traceId = "0af7651916cd43dd8448eb211c80319c";

        var answer = service.send(service.request("/menu").header("traceparent", "00-" + traceId + "-b7ad6b7169203331-01"));

        assertEquals(traceId, Service.traceId(answer));
        assertEquals(1, service.requests(traceId).size());
        var span = receiver.trace(traceId, spans -> spans.size() == 1).get(0);
        assertEquals("b7ad6b7169203331", OtlpReceiver.hex(span.getParentSpanId()));
    }

    @Test
    void scrapesAndHealthChecksLeaveNoSpanAndNoLine() throws Exception {
        service.get("/healthz");
        service.get("/readyz");
        service.openMetrics();
        var after = service.get("/menu");

        receiver.trace(Service.traceId(after), spans -> spans.size() == 1);
        assertFalse(receiver.all().stream().anyMatch(span -> span.getName().matches(".*(metrics|healthz|readyz).*")));
        assertFalse(service.lines().stream().anyMatch(line -> String.valueOf(line.get("route")).matches(
                "/(metrics|healthz|readyz)")));
        assertTrue(service.openMetrics().contains("http_route=\"/healthz\""));
    }

    @Test
    void anUnforeseenMethodOrPathGrowsNoSeries() throws Exception {
        service.send(service.request("/some/where/" + System.nanoTime()).method("BREW", BodyPublishers.noBody()));
        service.get("/orders/1/2/3");
        String metrics = service.openMetrics();

        assertTrue(metrics.contains("{http_request_method=\"_OTHER\",http_response_status_code=\"404\",http_route=\"/*\""));
        assertFalse(metrics.contains("BREW"));
        assertFalse(metrics.contains("/some/where"));
        assertFalse(metrics.contains("/orders/1"));
    }

    @Test
    void nothingAClientSendsForgesALine() throws Exception {
        String hostile = "/menu%0A%7B%22level%22%3A%22ERROR%22%7D%E2%80%A8%22%2C%22trace_id%22%3A%22x";

        var answer = service.get(hostile);

        var lines = service.requests(Service.traceId(answer));
        assertEquals(1, lines.size());
        assertEquals(hostile, lines.get(0).get("path"));
        assertEquals(404, lines.get(0).get("status"));
    }

    @Test
    void theScrapeSpeaksTextOpenMetricsAndProtobufWithNativeHistograms() throws Exception {
        service.get("/menu");

        var text = service.get("/metrics");
        var protobuf = service.send(service.request("/metrics").header("Accept", "application/vnd.google.protobuf;"
                + "proto=io.prometheus.client.MetricFamily;encoding=delimited"));
        var gzip = service.send(service.request("/metrics").header("Accept-Encoding", "gzip"));

        assertTrue(text.headers().firstValue("Content-Type").orElseThrow().startsWith("text/plain"));
        assertTrue(text.body().contains("# TYPE http_server_request_duration_seconds histogram"));
        for (String name : List.of("log_lines_total", "log_lines_dropped_total", "log_rotations_total", "orders_total",
                "http_server_active_requests", "jvm_memory_used_bytes", "build_info", "trace_spans_exported_total")) {
            assertTrue(text.body().contains("\n# TYPE " + name + " "), name);
        }
        double opened = value(text.body(), "log_opened_timestamp_seconds");
        assertTrue(value(text.body(), "process_start_time_seconds") < opened);
        assertTrue(opened * 1e3 <= Instant.parse(service.lines().getFirst().get("timestamp").toString()).toEpochMilli() + 0.5);
        assertTrue(text.body().contains("\nhttp_server_active_requests{http_request_method=\"GET\"} 0.0"),
                "a scrape does not count itself");
        assertTrue(protobuf.headers().firstValue("Content-Type").orElseThrow()
                .startsWith("application/vnd.google.protobuf"));
        assertEquals("gzip", gzip.headers().firstValue("Content-Encoding").orElseThrow());
    }

    private static double value(String metrics, String name) {
        return metrics.lines().filter(line -> line.startsWith(name + " ")).mapToDouble(line ->
                Double.parseDouble(line.substring(name.length() + 1))).findFirst().orElseThrow();
    }

    private static String kind(Span span) {
        return span.getKind().name().replace("SPAN_KIND_", "");
    }

    private static void assertChild(Map<String, Span> spans, String child, String parent) {
        assertEquals(spans.get(parent).getSpanId(), spans.get(child).getParentSpanId(), child + " below " + parent);
    }

    private static String attribute(Span span, String name) {
        return span.getAttributesList().stream().filter(a -> a.getKey().equals(name)).findFirst().orElseThrow()
                .getValue().getStringValue();
    }

    private static Map<String, Object> only(Map<String, Object> line, String... names) {
        return java.util.Arrays.stream(names).collect(Collectors.toMap(name -> name, line::get));
    }
}
