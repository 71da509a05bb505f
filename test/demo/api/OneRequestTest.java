package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.opentelemetry.proto.trace.v1.Span;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Read this test first: the telemetry of one request, from the real service with the real agent to a real OTLP endpoint.
 * The service has another name than the default and runs in a locale with other digits.
 */
class OneRequestTest {
    @TempDir
    static Path folder;

    static OtlpReceiver receiver;
    static Service service;

    @BeforeAll
    static void start() throws Exception {
        receiver = new OtlpReceiver();
        var environment = new HashMap<>(Service.exportingTo(receiver.endpoint()));
        environment.put("OTEL_RESOURCE_ATTRIBUTES", "service.name=shop");
        var builder = Service.process(folder, environment);
        builder.command().addAll(1, List.of("-Duser.language=ar", "-Duser.country=EG"));
        service = Service.start(builder);
    }

    @AfterAll
    static void stop() throws Exception {
        service.close();
        receiver.close();
    }

    @Test
    void writesALineASampleAndASpanWithTheSameTraceId() throws Exception {
        var response = service.get("/menu");

        String traceId = Service.traceId(response);
        assertEquals(200, response.statusCode());
        assertTrue(response.body().startsWith("{\"menu\":[{\"item\":\"espresso\",\"price_cents\":250}"), response.body());

        var lines = service.requests(traceId);
        assertEquals(1, lines.size());
        assertEquals(List.of("timestamp", "level", "service", "logger", "thread", "message", "trace_id", "span_id",
                "method", "path", "route", "status", "duration_ms"), List.copyOf(lines.get(0).keySet()));
        assertEquals(Map.of("level", "INFO", "service", "shop", "message", "request completed", "method", "GET",
                "path", "/menu", "route", "/menu", "status", 200),
                only(lines.get(0), "level", "service", "message", "method", "path", "route", "status"));

        var sample = service.openMetrics().lines().filter(line -> line.contains("trace_id=\"" + traceId + "\""))
                .toList();
        assertEquals(1, sample.size());
        assertTrue(sample.get(0).startsWith("http_server_request_duration_seconds_bucket{http_request_method=\"GET\","
                + "http_response_status_code=\"200\",http_route=\"/menu\",le="), sample.get(0));

        var trace = receiver.trace(traceId, spans -> spans.size() == 1);
        assertEquals("GET /menu", trace.get(0).getName());
        assertEquals(lines.get(0).get("span_id"), OtlpReceiver.hex(trace.get(0).getSpanId()));
        assertEquals(Set.of("shop"), receiver.services());
    }

    @Test
    void theDurationIsInMilliseconds() throws Exception {
        var response = service.placeOrder();

        var trace = receiver.trace(Service.traceId(response), spans -> spans.size() == 5);
        double orderMillis = ((Number) service.requests(Service.traceId(response)).getLast().get("duration_ms")).doubleValue();
        double serverMillis = millis(trace, "POST /orders");
        double childrenMillis = millis(trace, "check stock") + millis(trace, "POST");
        // The line's duration starts after the span's start and ends before the span's end.
        assertTrue(orderMillis <= serverMillis && orderMillis >= childrenMillis,
                orderMillis + " is not between " + childrenMillis + " and " + serverMillis);
    }

    private static double millis(List<Span> trace, String name) {
        return trace.stream().filter(span -> span.getName().equals(name))
                .mapToLong(span -> span.getEndTimeUnixNano() - span.getStartTimeUnixNano()).sum() / 1e6;
    }

    @Test
    void doesNotPrintRequestDataOnTheConsole() throws Exception {
        var lines = service.output();
        for (String header : List.of("baggage: a=%zz", "traceparent: 00-x-y-z", "tracestate: ===", "b3: 1", "Expect: x",
                "uber-trace-id: %", "X-Forwarded-For: [", "Forwarded: for=\"", "Accept: q=x", "Content-Length: x")) {
            service.send(header);
        }
        service.send("X: \u0000\u001b[2J");
        for (String target : List.of("//menu", "/%zz", "*", "mailto:x", "http://[", "/?a=%")) {
            service.sendTarget(target);
        }

        assertEquals(lines, service.output());
    }

    @Test
    void aTargetThatTheServerRejectsHasALineAndASample() throws Exception {
        service.sendTarget("//menu");

        var line = service.lines().stream().filter(each -> "//menu".equals(each.get("path"))).findFirst().orElseThrow();
        assertEquals(Map.of("message", "client error", "method", "GET", "route", "/*", "status", 404),
                only(line, "message", "method", "route", "status"));
        assertTrue(service.openMetrics().contains("http_server_request_duration_seconds_count{http_request_method=\"GET\","
                + "http_response_status_code=\"404\",http_route=\"/*\"}"));
    }

    @Test
    void aTargetWithoutAPathHasALineAndASample() throws Exception {
        for (String request : List.of("GET mailto:x", "GET a:b", "CONNECT localhost:1")) {
            String[] words = request.split(" ");
            String series = "http_server_request_duration_seconds_count{http_request_method=\"" + words[0]
                    + "\",http_response_status_code=\"400\",http_route=\"/*\"}";
            long before = service.count(series);

            assertEquals("", service.sendRaw(request + " HTTP/1.1\r\nHost: a\r\n\r\n"));

            var lines = service.lines().stream().filter(line -> words[1].equals(line.get("path"))).toList();
            assertEquals(Map.of("level", "WARN", "message", "client error", "method", words[0], "status", 400),
                    only(lines.getLast(), "level", "message", "method", "status"));
            assertEquals(before + 1, service.count(series));
        }
    }

    @Test
    void anUnknownTransferEncodingIsAWarningWithItsRealStatus() throws Exception {
        service.send("Transfer-Encoding: gzip");

        var line = service.lines().stream().filter(each -> Objects.equals(501, each.get("status"))).findFirst();
        assertEquals(Map.of("level", "WARN", "message", "client error", "path", "/"),
                only(line.orElseThrow(), "level", "message", "path"));
    }

    @Test
    void spansDoNotContainSecretsOfTheQuery() throws Exception {
        var response = service.get("/?page=2&password=hunter2&token=hunter2");

        var span = receiver.trace(Service.traceId(response), spans -> spans.size() == 1).get(0);
        assertEquals("page=2&password=REDACTED&token=REDACTED", attribute(span, "url.query"));
        assertFalse(span.toString().contains("hunter2"));
        assertFalse(service.requests(Service.traceId(response)).toString().contains("hunter2"));
    }

    @Test
    void allNumbersHaveAsciiDigits() throws Exception {
        String everything = service.output() + service.openMetrics() + service.lines();

        assertTrue(everything.codePoints().noneMatch(c -> Character.isDigit(c) && c > '9'), everything);
    }

    @Test
    void anOrdersTraceContainsStockAndPayment() throws Exception {
        var response = service.post("/orders", "{\"item\": \"tea\", \"quantity\": 2}");

        String traceId = Service.traceId(response);
        var trace = receiver.trace(traceId, spans -> spans.size() == 5);
        var byName = trace.stream().collect(Collectors.toMap(s -> s.getName() + " " + kind(s), s -> s));
        assertEquals(Set.of("POST /orders SERVER", "check stock INTERNAL", "POST CLIENT",
                "POST /payments SERVER", "authorize card INTERNAL"), byName.keySet());
        assertChild(byName, "check stock INTERNAL", "POST /orders SERVER");
        assertChild(byName, "POST CLIENT", "POST /orders SERVER");
        assertChild(byName, "POST /payments SERVER", "POST CLIENT");
        assertChild(byName, "authorize card INTERNAL", "POST /payments SERVER");
        assertEquals("tea", attribute(byName.get("POST /orders SERVER"), "order.item"));

        // 201, or 402 for one order in fifty, whose card is declined; both traces have these spans.
        assertTrue(response.statusCode() == 201 || response.statusCode() == 402, response.body());
        assertEquals(List.of("/payments", "/orders"),
                service.requests(traceId).stream().map(line -> line.get("route")).toList());
    }

    @Test
    void namesALookupByItsTemplate() throws Exception {
        var response = service.get(service.placeOrder().headers().firstValue("Location").orElseThrow());

        assertEquals(200, response.statusCode());
        assertEquals("tea", Service.flat(response.body()).get("item"));
        assertEquals("/orders/{id}", service.requests(Service.traceId(response)).get(0).get("route"));
        var span = receiver.trace(Service.traceId(response), spans -> spans.size() == 1).get(0);
        assertEquals("GET /orders/{id}", span.getName());
        assertEquals("/orders/{id}", attribute(span, "http.route"));
    }

    @Test
    void continuesTheTraceOfItsClient() throws Exception {
        String traceId = "0af7651916cd43dd8448eb211c80319c";

        var response = service.send(service.request("/").header("traceparent", "00-" + traceId + "-b7ad6b7169203331-01"));

        assertEquals(traceId, Service.traceId(response));
        assertEquals(1, service.requests(traceId).size());
        var span = receiver.trace(traceId, spans -> spans.size() == 1).get(0);
        assertEquals("b7ad6b7169203331", OtlpReceiver.hex(span.getParentSpanId()));
    }

    @Test
    void scrapesAndHealthChecksHaveNoSpanAndNoLine() throws Exception {
        service.get("/healthz");
        service.get("/readyz");
        service.openMetrics();
        var after = service.get("/");

        receiver.trace(Service.traceId(after), spans -> spans.size() == 1);
        assertFalse(receiver.all().stream().anyMatch(span -> span.getName().matches(".*(metrics|healthz|readyz).*")));
        assertFalse(service.lines().stream().anyMatch(line -> String.valueOf(line.get("route")).matches(
                "/(metrics|healthz|readyz)")));
        assertTrue(service.openMetrics().contains("http_route=\"/healthz\""));
    }

    @Test
    void unknownMethodsAndPathsCreateNoSeries() throws Exception {
        service.send(service.request("/some/where/" + System.nanoTime()).method("BREW", BodyPublishers.noBody()));
        service.get("/orders/1/2/3");
        String metrics = service.openMetrics();

        assertTrue(metrics.contains("{http_request_method=\"_OTHER\",http_response_status_code=\"404\",http_route=\"/*\""));
        assertFalse(metrics.contains("BREW"));
        assertFalse(metrics.contains("/some/where"));
        assertFalse(metrics.contains("/orders/1"));
    }

    @Test
    void noRequestForgesALine() throws Exception {
        String hostile = "/menu%0A%7B%22level%22%3A%22ERROR%22%7D%E2%80%A8%22%2C%22trace_id%22%3A%22x";

        var response = service.get(hostile);

        var lines = service.requests(Service.traceId(response));
        assertEquals(1, lines.size());
        assertEquals(hostile, lines.get(0).get("path"));
        assertEquals(404, lines.get(0).get("status"));
    }

    @Test
    void scrapesAreTextOpenMetricsOrProtobufWithNativeHistograms() throws Exception {
        service.get("/");

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
        for (String series : List.of("orders_total{outcome=\"payment_unavailable\"}", "orders_total{outcome=\"aborted\"}",
                "log_lines_total{level=\"error\"}", "log_lines_dropped_total{reason=\"not_written\"}")) {
            assertTrue(text.body().contains("\n" + series + " 0.0"), series);
        }
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
        return Arrays.stream(names).collect(Collectors.toMap(name -> name, line::get));
    }
}
