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
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    private static final String SERIES = "http_server_request_duration_seconds";

    private final Service service = SharedService.SERVICE;
    private final OtlpReceiver receiver = SharedService.RECEIVER;

    @Test
    void writesALineASampleAndASpanWithTheSameTraceId() throws Exception {
        var response = SharedService.FIRST_RESPONSE;

        String traceId = Service.traceId(response);
        assertEquals(200, response.statusCode());
        assertTrue(response.body().startsWith("{\"menu\":[{\"item\":\"espresso\",\"price_cents\":250}"));

        var lines = service.requests(traceId);
        assertEquals(1, lines.size());
        assertEquals(List.of("timestamp", "level", "service", "logger", "thread", "message", "trace_id", "span_id",
                "method", "path", "route", "status", "duration_ms"), List.copyOf(lines.get(0).keySet()));
        assertEquals(Map.of("level", "INFO", "service", "shop", "message", "request completed", "method", "GET",
                "path", "/menu", "route", "/menu", "status", 200),
                only(lines.get(0), "level", "service", "message", "method", "path", "route", "status"));

        var sample = SharedService.FIRST_SCRAPE.lines().filter(line -> line.contains("trace_id=\"" + traceId + "\""))
                .toList();
        assertEquals(1, sample.size());
        assertTrue(sample.get(0).startsWith(SERIES + "_bucket{http_request_method=\"GET\","
                + "http_response_status_code=\"200\",http_route=\"/menu\",le="), sample.get(0));

        var span = onlySpan(response);
        assertEquals("GET /menu", span.getName());
        assertEquals(lines.get(0).get("span_id"), OtlpReceiver.hex(span.getSpanId()));
        assertEquals(Set.of("shop"), receiver.services());
    }

    @Test
    void anOrdersTraceContainsStockAndPayment() throws Exception {
        var response = service.placeOrder();

        String traceId = Service.traceId(response);
        var trace = receiver.trace(traceId, spans -> spans.size() == 5);
        var byName = trace.stream().collect(Collectors.toMap(OneRequestTest::nameAndKind, span -> span));
        assertEquals(Set.of("POST /orders SERVER", "check stock INTERNAL", "POST CLIENT", "POST /payments SERVER",
                "authorize card INTERNAL"), byName.keySet());
        assertChild(byName, "check stock INTERNAL", "POST /orders SERVER");
        assertChild(byName, "POST CLIENT", "POST /orders SERVER");
        assertChild(byName, "POST /payments SERVER", "POST CLIENT");
        assertChild(byName, "authorize card INTERNAL", "POST /payments SERVER");
        assertEquals("tea", attribute(byName.get("POST /orders SERVER"), "order.item"));
        assertEquals(List.of("/payments", "/orders"),
                service.requests(traceId).stream().map(line -> line.get("route")).toList());

        // The line's duration starts after the span's start and ends before the span's end.
        double lineMillis = ((Number) service.requests(traceId).getLast().get("duration_ms")).doubleValue();
        double serverMillis = millis(byName.get("POST /orders SERVER"));
        double childrenMillis = millis(byName.get("check stock INTERNAL")) + millis(byName.get("POST CLIENT"));
        assertTrue(lineMillis <= serverMillis && lineMillis >= childrenMillis,
                lineMillis + " is not between " + childrenMillis + " and " + serverMillis);
    }

    @Test
    void anOrderCountsOnceAndItsDurationIsInSeconds() throws Exception {
        String sum = SERIES + "_sum{http_request_method=\"POST\",http_response_status_code=\"201\","
                + "http_route=\"/orders\"}";
        service.placeOrder();
        double secondsBefore = counter(sum);
        long ordersBefore = service.count("orders_total");

        var response = service.placeOrder();

        assertEquals(ordersBefore + 1, service.count("orders_total"));
        double lineMillis = ((Number) service.requests(Service.traceId(response)).getLast().get("duration_ms"))
                .doubleValue();
        assertEquals(lineMillis / 1e3, counter(sum) - secondsBefore, 0.001);
    }

    private double counter(String series) throws Exception {
        return service.openMetrics().lines().filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.split(" ")[1])).findFirst().orElseThrow();
    }

    private static String nameAndKind(Span span) {
        return span.getName() + " " + span.getKind().name().replace("SPAN_KIND_", "");
    }

    private static void assertChild(Map<String, Span> spans, String child, String parent) {
        assertEquals(spans.get(parent).getSpanId(), spans.get(child).getParentSpanId(), child + " below " + parent);
    }

    private static double millis(Span span) {
        return (span.getEndTimeUnixNano() - span.getStartTimeUnixNano()) / 1e6;
    }

    @Test
    void namesALookupByItsTemplate() throws Exception {
        var response = service.get(service.placeOrder().headers().firstValue("Location").orElseThrow());

        assertEquals(200, response.statusCode());
        assertEquals("tea", Service.flat(response.body()).get("item"));
        assertEquals("/orders/{id}", service.requests(Service.traceId(response)).get(0).get("route"));
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
        var line = service.requests(Service.traceId(response)).get(0);
        assertEquals(Map.of("level", "ERROR", "message", "server error", "error_type",
                "java.lang.IllegalStateException"), only(line, "level", "message", "error_type"));
        assertTrue(line.get("stack_trace").toString().contains("demo.api.OrderHandler.find"), line::toString);
        assertEquals(Status.StatusCode.STATUS_CODE_ERROR, onlySpan(response).getStatus().getCode());
        assertEquals("exception", onlySpan(response).getEvents(0).getName());
    }

    @Test
    void continuesTheTraceOfItsClient() throws Exception {
        String traceId = "0af7651916cd43dd8448eb211c80319c";

        var response = service.send(service.request("/")
                .header("traceparent", "00-" + traceId + "-b7ad6b7169203331-01"));

        assertEquals(traceId, Service.traceId(response));
        assertEquals(1, service.requests(traceId).size());
        assertEquals("b7ad6b7169203331", OtlpReceiver.hex(onlySpan(response).getParentSpanId()));
    }

    @Test
    void spansDoNotContainSecretsOfTheQuery() throws Exception {
        var response = service.get("/?page=2&password=hunter2&token=hunter2");

        assertEquals("page=2&password=REDACTED&token=REDACTED", attribute(onlySpan(response), "url.query"));
        assertFalse(onlySpan(response).toString().contains("hunter2"));
        assertFalse(service.requests(Service.traceId(response)).toString().contains("hunter2"));
    }

    @Test
    void scrapesAndHealthChecksHaveNoSpanAndNoLine() throws Exception {
        String untraced = "(metrics|healthz|readyz)";
        long linesBefore = service.lines("\"route\":\"/" + untraced + "\"").size();
        service.get("/healthz");
        service.get("/readyz");
        service.openMetrics();

        onlySpan(service.get("/"));
        assertFalse(receiver.all().stream().anyMatch(span -> span.getName().matches(".*" + untraced + ".*")));
        assertEquals(linesBefore, service.lines("\"route\":\"/" + untraced + "\"").size());
        assertTrue(service.openMetrics().contains("http_route=\"/healthz\""));
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
        String series = SERIES + "_count{http_request_method=\"" + words[0] + "\",http_response_status_code=\""
                + sampleStatus + "\",http_route=\"/*\"}";
        long before = service.count(series);

        String received = service.sendRaw(request + " HTTP/1.1\r\nHost: a\r\n"
                + (header == null ? "" : header + "\r\n") + "\r\n");

        assertTrue(received.startsWith(response) && received.isEmpty() == response.isEmpty(), received);
        assertEquals(Map.of("level", "WARN", "message", "client error", "method", words[0], "path", words[1],
                "route", "/*", "status", status), only(service.lines("error_type\":\"rejected").getLast(),
                "level", "message", "method", "path", "route", "status"));
        assertEquals(before + 1, service.count(series));
    }

    @Test
    void noRequestPrintsOnTheConsole() throws Exception {
        var console = service.output();
        for (String header : List.of("baggage: a=%zz", "traceparent: 00-x-y-z", "tracestate: ===", "b3: 1", "Expect: x",
                "uber-trace-id: %", "X-Forwarded-For: [", "Forwarded: for=\"", "Accept: q=x", "Content-Length: x",
                "X: \u0000\u001b[2J")) {
            service.sendRaw("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + header + "\r\n\r\n");
        }
        for (String target : List.of("//menu", "/%zz", "*", "mailto:x", "http://[", "/?a=%", "/metrics?name[]=%",
                "/metrics?debug=x")) {
            service.sendRaw("GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        }
        for (String path : List.of("/menu", "/metrics", "/nowhere")) {
            service.sendRaw("GET " + path + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n{}");
        }
        while (service.lines("\"logger\":\"io.prometheus").isEmpty()) {
            try (var scraper = new Socket("127.0.0.1", service.port())) {
                scraper.getOutputStream().write("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(US_ASCII));
                scraper.setSoLinger(true, 0); // the close resets the connection before the response
            }
        }

        assertEquals(console, service.output());
    }

    @Test
    void unknownMethodsAndPathsCreateNoSeries() throws Exception {
        service.send(service.request("/some/where/" + System.nanoTime()).method("BREW", BodyPublishers.noBody()));
        service.get("/orders/1/2/3");
        String metrics = service.openMetrics();

        assertTrue(metrics.contains("_method=\"_OTHER\",http_response_status_code=\"404\",http_route=\"/*\""));
        for (String text : List.of("BREW", "/some/where", "/orders/1")) {
            assertFalse(metrics.contains(text), text);
        }
    }

    @Test
    void noRequestForgesALine() throws Exception {
        String hostile = "/menu%0A%7B%22level%22%3A%22ERROR%22%7D%E2%80%A8%22%2C%22trace_id%22%3A%22x";

        var response = service.get(hostile);

        var lines = service.requests(Service.traceId(response));
        assertEquals(1, lines.size());
        assertEquals(Map.of("path", hostile, "status", 404), only(lines.get(0), "path", "status"));
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

        assertTrue(text.headers().firstValue("Content-Type").orElseThrow().startsWith("text/plain"));
        assertTrue(text.body().contains("# TYPE " + SERIES + " histogram"));
        assertTrue(text.body().contains("\nhttp_server_active_requests{http_request_method=\"GET\"} 0.0"),
                "a scrape does not count itself");
        assertTrue(protobuf.headers().firstValue("Content-Type").orElseThrow()
                .startsWith("application/vnd.google.protobuf"));
        assertEquals("gzip", gzip.headers().firstValue("Content-Encoding").orElseThrow());
    }

    @Test
    void theLogIsOpenedAfterTheStartAndBeforeItsFirstLine() throws Exception {
        double opened = value("log_opened_timestamp_seconds");

        assertTrue(value("process_start_time_seconds") < opened);
        var firstLine = Instant.parse(service.lines("").getFirst().get("timestamp").toString());
        assertTrue(opened * 1e3 <= firstLine.toEpochMilli() + 0.5);
    }

    private static double value(String name) {
        return SharedService.FIRST_SCRAPE.lines().filter(line -> line.startsWith(name + " ")).mapToDouble(line ->
                Double.parseDouble(line.substring(name.length() + 1))).findFirst().orElseThrow();
    }

    @Test
    void allNumbersHaveAsciiDigits() throws Exception {
        String everything = service.output() + service.openMetrics() + service.logText();

        assertTrue(everything.codePoints().noneMatch(c -> Character.isDigit(c) && c > '9'), everything);
    }

    private Span onlySpan(HttpResponse<?> response) throws InterruptedException {
        return receiver.trace(Service.traceId(response), spans -> spans.size() == 1).get(0);
    }

    private static String attribute(Span span, String name) {
        return span.getAttributesList().stream().filter(a -> a.getKey().equals(name)).findFirst().orElseThrow()
                .getValue().getStringValue();
    }

    private static Map<String, Object> only(Map<String, Object> line, String... names) {
        return Arrays.stream(names).collect(Collectors.toMap(name -> name, line::get));
    }
}
