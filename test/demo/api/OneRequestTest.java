package demo.api;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Read this test first: the telemetry of one request, from the real service with the agent to a real OTLP endpoint.
 */
@ResourceLock(SharedService.LOCK)
@Timeout(120)
class OneRequestTest {
    private static final String DURATION = "http_server_request_duration_seconds";

    private final Service service = SharedService.SERVICE;
    private final OtlpReceiver receiver = SharedService.RECEIVER;

    @Test
    void writesALineASampleAndASpanWithTheSameTraceId() throws Exception {
        var response = SharedService.FIRST_RESPONSE;
        assertEquals(200, response.statusCode());
        assertTrue(response.body().startsWith("{\"menu\":[{\"item\":\"espresso\",\"price_cents\":250}"));

        var line = service.line(response);
        assertEquals(List.of("timestamp", "level", "service", "logger", "thread", "message", "trace_id", "span_id",
                "method", "path", "route", "status", "duration_ms"), List.copyOf(line.keySet()));
        assertFields(Map.of("level", "INFO", "service", "shop", "message", "request completed", "method", "GET",
                "path", "/menu", "route", "/menu", "status", 200), line);

        var sample = SharedService.FIRST_SCRAPE.lines()
                .filter(text -> text.contains("trace_id=\"" + Service.traceId(response) + "\"")).toList();
        assertEquals(1, sample.size());
        assertTrue(sample.get(0).startsWith(DURATION + "_bucket{http_request_method=\"GET\","
                + "http_response_status_code=\"200\",http_route=\"/menu\",le="), sample.get(0));

        var span = onlySpan(response);
        assertEquals("GET /menu", span.getName());
        assertEquals(line.get("span_id"), OtlpReceiver.hex(span.getSpanId()));
        assertEquals(Set.of("shop"), receiver.services());
    }

    @Test
    void anOrdersTraceContainsStockAndPayment() throws Exception {
        var response = service.placeOrder();

        String traceId = Service.traceId(response);
        var spans = receiver.trace(traceId, 5).stream().collect(Collectors.toMap(
                span -> span.getName() + span.getKind().name().replace("SPAN_KIND", ""), span -> span));
        Map.of("check stock_INTERNAL", "POST /orders_SERVER", "POST_CLIENT", "POST /orders_SERVER",
                "POST /payments_SERVER", "POST_CLIENT", "authorize card_INTERNAL", "POST /payments_SERVER")
                .forEach((child, parent) -> assertEquals(spans.get(parent).getSpanId(),
                        spans.get(child).getParentSpanId(), child + " below " + parent));
        assertEquals("tea", attribute(spans.get("POST /orders_SERVER"), "order.item"));
        assertEquals(List.of("/payments", "/orders"), service.lines("\"logger\":\"http\".*" + traceId).stream()
                .map(line -> line.get("route")).toList());

        // The line's duration starts after the span's start and ends before the span's end.
        double lineMillis = millis(service.line(response));
        double serverMillis = millis(spans.get("POST /orders_SERVER"));
        double childrenMillis = millis(spans.get("check stock_INTERNAL")) + millis(spans.get("POST_CLIENT"));
        assertTrue(lineMillis <= serverMillis && lineMillis >= childrenMillis,
                lineMillis + " is not between " + childrenMillis + " and " + serverMillis);
    }

    @Test
    void anOrderCountsOnceAndItsDurationIsInSeconds() throws Exception {
        String orders = "orders_total\\{outcome=\"(?!card_declined).*}"; // placeOrder() repeats a declined order
        String seconds = DURATION + "_sum\\{http_request_method=\"POST\",http_response_status_code=\"201\","
                + "http_route=\"/orders\"}";
        String before = service.openMetrics();

        var response = service.placeOrder();

        String after = service.openMetrics();
        assertEquals(1, Service.sum(after, orders) - Service.sum(before, orders));
        assertEquals(millis(service.line(response)) / 1e3, Service.sum(after, seconds) - Service.sum(before, seconds),
                0.001);
    }

    private static double millis(Map<String, Object> line) {
        return ((Number) line.get("duration_ms")).doubleValue();
    }

    private static double millis(Span span) {
        return (span.getEndTimeUnixNano() - span.getStartTimeUnixNano()) / 1e6;
    }

    @Test
    void namesALookupByItsTemplate() throws Exception {
        var response = service.get(service.placeOrder().headers().firstValue("Location").orElseThrow());

        assertEquals(200, response.statusCode());
        assertEquals("tea", Service.flat(response.body()).get("item"));
        assertEquals("/orders/{id}", service.line(response).get("route"));
        assertEquals("GET /orders/{id}", onlySpan(response).getName());
        assertEquals("/orders/{id}", attribute(onlySpan(response), "http.route"));
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
        var line = service.line(response);
        assertFields(Map.of("level", "ERROR", "message", "server error", "error_type",
                "java.lang.IllegalStateException"), line);
        assertTrue(line.get("stack_trace").toString().contains("demo.api.OrderHandler.find"), line::toString);
        assertEquals(Status.StatusCode.STATUS_CODE_ERROR, onlySpan(response).getStatus().getCode());
        assertEquals("exception", onlySpan(response).getEvents(0).getName());
    }

    @Test
    void continuesTheTraceOfItsClient() throws Exception {
        String traceId = "0af7651916cd43dd8448eb211c80319c";

        var response = service.send(service.request("/")
                .header("traceparent", "00-" + traceId + "-b7ad6b7169203331-01"));

        assertEquals(traceId, service.line(response).get("trace_id"));
        assertEquals("b7ad6b7169203331", OtlpReceiver.hex(onlySpan(response).getParentSpanId()));
    }

    @Test
    void spansAndLinesDoNotContainSecretsOfTheQuery() throws Exception {
        var response = service.get("/?page=2&password=hunter2&token=hunter2");

        assertEquals("page=2&password=REDACTED&token=REDACTED", attribute(onlySpan(response), "url.query"));
        assertFalse(onlySpan(response).toString().contains("hunter2"));
        assertFalse(service.line(response).toString().contains("hunter2"));
    }

    @Test
    void scrapesAndHealthChecksHaveASampleButNoSpanAndNoLine() throws Exception {
        for (String path : List.of("/healthz", "/readyz", "/metrics")) {
            assertEquals(200, service.get(path).statusCode());
            assertTrue(service.openMetrics().contains("http_route=\"" + path + "\""));
        }

        onlySpan(service.get("/")); // spans arrive in the order of their ends
        var untraced = Pattern.compile("metrics|healthz|readyz").asPredicate();
        assertFalse(receiver.all().stream().map(Span::getName).anyMatch(untraced));
        assertEquals(List.of(), service.lines("\"level\":\"INFO\".*\"route\":\"/(metrics|healthz|readyz)\""));
    }

    // ---- what a client may send ------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "GET //menu          |                            | HTTP/1.1 404 | 404 | 404",
        "GET /%zz            |                            | HTTP/1.1 400 | 400 | 400",
        "GET mailto:x        |                            | ''           | 400 | 400",
        "CONNECT localhost:1 |                            | ''           | 400 | 400",
        // A 5xx sample would be an error of the service.
        "GET /rejected       | Transfer-Encoding: gzip    | HTTP/1.1 501 | 501 | 400"})
    void aRequestThatTheServerRejectsHasALineAndASample(String request, String header, String response, int status,
            int sampleStatus) throws Exception {
        String[] words = request.split(" ");
        String series = DURATION + "_count{http_request_method=\"" + words[0] + "\",http_response_status_code=\""
                + sampleStatus + "\",http_route=\"/*\"}";
        long before = service.count(series);

        String received = service.sendRaw(request + " HTTP/1.1\r\nHost: a\r\n"
                + (header == null ? "" : header + "\r\n") + "\r\n");

        assertTrue(received.startsWith(response) && received.isEmpty() == response.isEmpty(), received);
        assertFields(Map.of("level", "WARN", "message", "client error", "method", words[0], "path", words[1],
                "route", "/*", "status", status), service.lines("error_type\":\"rejected").getLast());
        assertEquals(before + 1, service.count(series));
    }

    /** The JDK's server reads the length of the chunk as a negative number. The client library sends 500 to debug=x. */
    @Test
    void noRequestPrintsOnTheConsoleOrShowsADefect() throws Exception {
        var console = service.output();
        for (String request : List.of("GET //menu", "GET /%zz", "GET *", "GET mailto:x", "GET http://[", "GET /?a=%",
                "GET /metrics?name[]=%", "GET /metrics?debug=x", "GET / baggage: a=%zz", "GET / traceparent: 00-x-y-z",
                "GET / tracestate: ===", "GET / b3: 1", "GET / Expect: x", "GET / uber-trace-id: %",
                "GET / X-Forwarded-For: [", "GET / Forwarded: for=\"", "GET / Accept: q=x", "GET / Content-Length: x",
                "GET / X: \u0000\u001b[2J", "GET / Transfer-Encoding: chunked", "GET /no Transfer-Encoding: chunked",
                "GET /metrics Transfer-Encoding: chunked", "POST /payments Transfer-Encoding: chunked",
                "POST /payments Content-Encoding: gzip\r\nTransfer-Encoding: chunked")) {
            String[] parts = request.split(" ", 3);
            service.sendRaw(parts[0] + " " + parts[1] + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                    + (parts.length < 3 ? "" : parts[2] + "\r\n") + "\r\nffffffff\r\n{}");
        }
        while (service.lines("\"logger\":\"io.prometheus").isEmpty()) {
            try (var scraper = new Socket("127.0.0.1", service.port())) {
                scraper.getOutputStream().write("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(US_ASCII));
                scraper.setSoLinger(true, 0); // the close resets the connection before the response
            }
        }

        assertEquals(console, service.output());
        assertEquals(1, service.lines("\"route\":\"/(?!orders/).*\"status\":500").size());
    }

    @Test
    void unknownMethodsAndPathsCreateNoSeries() throws Exception {
        service.send(service.request("/some/where").method("BREW", BodyPublishers.noBody()));
        service.get("/orders/1/2/3");
        String metrics = service.openMetrics();

        assertTrue(metrics.contains("_method=\"_OTHER\",http_response_status_code=\"404\",http_route=\"/*\""));
        assertFalse(Pattern.compile("BREW|/some/where|/orders/1").matcher(metrics).find(), metrics);
    }

    @Test
    void noRequestForgesALine() throws Exception {
        String hostile = "/menu%0A%7B%22level%22%3A%22ERROR%22%7D%E2%80%A8%22%2C%22trace_id%22%3A%22x";

        assertFields(Map.of("path", hostile, "status", 404), service.line(service.get(hostile)));
    }

    // ---- the scrape ------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"orders_total{outcome=\"internal_error\"} 0.0", "orders_total{outcome=\"aborted\"} 0.0",
        "log_lines_total{level=\"error\"} 0.0", "log_lines_dropped_total{reason=\"not_written\"} 0.0",
        "log_rotations_total 0.0", "trace_spans_exported_total ", "jvm_memory_used_bytes{", "build_info{"})
    void theFirstScrapeHasEachSeriesWithKnownLabels(String series) {
        assertTrue(SharedService.FIRST_SCRAPE.contains("\n" + series), series);
    }

    @Test
    void scrapesAreTextOpenMetricsOrProtobufAndGzip() throws Exception {
        service.get("/");

        var text = service.get("/metrics");
        var protobuf = service.send(service.request("/metrics").header("Accept", "application/vnd.google.protobuf;"
                + "proto=io.prometheus.client.MetricFamily;encoding=delimited"));
        var gzip = service.send(service.request("/metrics").header("Accept-Encoding", "gzip"));

        assertTrue(text.body().contains("# TYPE " + DURATION + " histogram"));
        assertTrue(text.body().contains("\nhttp_server_active_requests{http_request_method=\"GET\"} 0.0"),
                "a scrape does not count itself");
        assertEquals(List.of("text/plain", "application/vnd.google.protobuf"), List.of(text, protobuf).stream()
                .map(scrape -> scrape.headers().firstValue("Content-Type").orElseThrow().split(";")[0]).toList());
        assertEquals("gzip", gzip.headers().firstValue("Content-Encoding").orElseThrow());
    }

    @Test
    void allNumbersHaveAsciiDigits() throws Exception {
        String everything = service.output() + service.openMetrics() + service.logText();

        assertTrue(everything.codePoints().noneMatch(c -> Character.isDigit(c) && c > '9'), everything);
    }

    private Span onlySpan(HttpResponse<?> response) throws InterruptedException {
        return receiver.trace(Service.traceId(response), 1).get(0);
    }

    private static String attribute(Span span, String name) {
        return span.getAttributesList().stream().filter(a -> a.getKey().equals(name)).findFirst().orElseThrow()
                .getValue().getStringValue();
    }

    private static void assertFields(Map<String, Object> expected, Map<String, Object> line) {
        var actual = new HashMap<>(line);
        actual.keySet().retainAll(expected.keySet());
        assertEquals(expected, actual);
    }
}
