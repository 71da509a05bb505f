package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import demo.json.Json;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** From the OTLP request of an exporter to the traces that a query finds. */
class TracesTest {
    private static final long LATER = 1L << 37;

    private final Set<String> dots = new HashSet<>();
    private final TraceStore store = new TraceStore(() -> dots);
    private LocalServer server;

    @BeforeEach
    void start() throws Exception {
        server = new LocalServer(0, "PORT", Pocket.MAX_EXPORTS, new OtlpReceiver(store));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private int post(byte[] body, String... headers) throws Exception {
        return PocketProcess.send(server.port(), "POST", "/v1/traces", body, headers).statusCode();
    }

    private static byte[] request(Span.Builder... spans) {
        return FakeService.request("shop", Arrays.stream(spans).map(Span.Builder::build).toArray(Span[]::new))
                .toByteArray();
    }

    private void add(Span.Builder... spans) throws Exception {
        assertEquals(200, post(request(spans)));
    }

    private static String id(int trace) {
        return "%032x".formatted(trace);
    }

    /** A span of this trace with this start and duration in seconds; a root is named GET /menu. */
    private static Span.Builder span(int trace, int span, boolean root, int second, double seconds) {
        long start = second * 1_000_000_000L;
        var built = FakeService.span(ByteBuffer.allocate(16).putInt(12, trace).array(),
                ByteBuffer.allocate(8).putInt(1).putInt(span).array(), new byte[root ? 0 : 8],
                root ? "GET /menu" : "inner", start, start + (long) (seconds * 1e9));
        return root ? built.addAttributes(FakeService.text("http.route", "/menu"))
                : built.setParentSpanId(ByteString.copyFromUtf8("8 bytes."));
    }

    private static Span.Builder status(Span.Builder span, int status) {
        return span.addAttributes(FakeService.number("http.response.status_code", status));
    }

    private List<TraceStore.Summary> find() {
        return store.find(new TraceStore.Query(0, LATER, "", "", false, 10));
    }

    private List<Integer> ids(long from, long to, String route, String status, boolean slowest) {
        return store.find(new TraceStore.Query(from, to, route, status, slowest, 10)).stream()
                .map(one -> Integer.parseInt(one.trace(), 16)).toList();
    }

    private int spansOf(int trace) throws Exception {
        return Json.read(store.trace(id(trace))).items().size();
    }

    private static byte[] gzip(byte[] bytes) throws Exception {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    @Test
    void returnsASpanWithItsAttributesAndEvents() throws Exception {
        var span = status(span(1, 1, true, 1, 0.25), 500);
        span.getStatusBuilder().setCode(StatusCode.STATUS_CODE_ERROR).setMessage("no coffee");
        span.addEventsBuilder().setName("exception").setTimeUnixNano(1_100_000_000L)
                .addAttributes(FakeService.text("exception.message", "<b>"));
        add(span);

        assertEquals(List.of(new TraceStore.Summary(id(1), "GET /menu", "shop", "500", true, true, 1, 0.25, 1)),
                find());
        assertEquals("""
                [{"span":"0000000100000001","parent":"","name":"GET /menu","kind":"server","service":"shop",\
                "start":1.0,"seconds":0.25,"error":true,"message":"no coffee",\
                "attributes":{"http.route":"/menu","http.response.status_code":500},\
                "events":[{"name":"exception","time":1.1,"attributes":{"exception.message":"<b>"}}]}]""",
                new String(store.trace(id(1))));
    }

    @Test
    void storesNothingOfARefusedRequest() throws Exception {
        byte[] good = request(span(1, 1, true, 1, 1));
        byte[] longer = new byte[OtlpReceiver.MAX_BYTES + 1];
        ByteString four = ByteString.copyFrom(new byte[4]);

        assertEquals(400, post(Arrays.copyOf(good, good.length - 1)));
        assertEquals(400, post(Arrays.copyOf(good, good.length + 1)));
        assertEquals(400, post("{\"resourceSpans\":[]}".getBytes()));
        assertEquals(400, post(good, "Content-Encoding", "gzip"));
        assertEquals(400, post(Arrays.copyOf(gzip(good), 40), "Content-Encoding", "gzip"));
        assertEquals(400, post(request(span(1, 1, true, 1, 1), span(1, 2, true, 1, 1).setSpanId(four))));
        assertEquals(400, post(request(span(1, 2, true, 1, 1).setParentSpanId(four))));
        assertEquals(400, post(FakeService.request("x".repeat(70_000), span(1, 1, true, 1, 1).build()).toByteArray()));
        assertEquals(400, post(longer));
        assertEquals(400, post(gzip(longer), "Content-Encoding", "gzip"));
        assertEquals(400, post(good, "Content-Type", "application/json"));
        assertEquals(400, post(good, "Content-Encoding", "br"));
        assertEquals(403, post(good, "Origin", "http://evil.example"));
        assertEquals(403, post(good, "Sec-Fetch-Site", "cross-site"));
        assertEquals(400, PocketProcess.send(server.port(), "PUT", "/v1/traces", good).statusCode());
        var refused = PocketProcess.send(server.port(), "POST", "/v1/logs", good);
        assertEquals(400, refused.statusCode());
        assertTrue(refused.body().contains("path must be /v1/traces"), refused.body());
        assertEquals(0, store.received());
    }

    @Test
    void respondsToAnyBytesWith200Or400() throws Exception {
        var random = new Random(7);
        for (int i = 0; i < 500; i++) {
            byte[] body = request(status(span(i, 1, true, 1, 1), 200));
            for (int n = random.nextInt(4); n >= 0; n--) {
                body[random.nextInt(body.length)] = (byte) random.nextInt();
            }
            assertTrue(Set.of(200, 400).contains(post(body)), "body " + i);
        }
        for (var trace : find()) {
            Json.read(store.trace(trace.trace()));
        }
    }

    @Test
    void acceptsTheLargestBatchOfTheServicesExporterOnceWithAndWithoutGzip() throws Exception {
        var batch = ExportTraceServiceRequest.newBuilder();
        for (int i = 0; i < 2_048; i++) {
            var span = span(1 + i / 7, i, false, 1, 1);
            for (int n = 0; n < 20; n++) {
                span.addAttributes(FakeService.text("server.attribute." + n, "a value of usual length"));
            }
            batch.addResourceSpans(FakeService.request("api", span.build()).getResourceSpans(0));
        }

        assertEquals(200, post(batch.build().toByteArray()));
        assertEquals(200, post(gzip(batch.build().toByteArray()), "Content-Encoding", "gzip"), "a retry");

        assertEquals(2_048, store.received());
        assertEquals(7, spansOf(1));
    }

    @Test
    void respondsToTheRequestInFlightBeforeItStops() throws Exception {
        byte[] body = request(span(1, 1, true, 1, 1));
        try (Socket sender = PocketProcess.connection(server.port(), "POST /v1/traces HTTP/1.1\nHost: localhost\n"
                + "Content-Type: application/x-protobuf\nContent-Length: " + body.length
                + "\nExpect: 100-continue\n\n")) {
            var response = new BufferedReader(new InputStreamReader(sender.getInputStream()));
            assertEquals("HTTP/1.1 100 Continue", response.readLine());
            Thread closing = Thread.startVirtualThread(server::close);
            sender.getOutputStream().write(body);

            assertTrue(response.lines().anyMatch("HTTP/1.1 200 OK"::equals));
            closing.join();
        }
    }

    @Test
    void namesATraceAfterItsRootInAnyOrderOfSpans() throws Exception {
        add(span(1, 1, false, 10, -0.5)); // no span has a negative duration
        assertEquals(List.of(new TraceStore.Summary(id(1), "inner", "shop", "", false, false, 10, 0, 1)), find());

        add(span(1, 2, true, 10, 0.5).setParentSpanId(ByteString.copyFrom(new byte[8])), span(1, 3, false, 9, 0.2));
        assertEquals(List.of(new TraceStore.Summary(id(1), "GET /menu", "shop", "", true, false, 9, 1.5, 3)), find());
    }

    @Test
    void findsByTimeRouteAndStatusNewestOrSlowestFirst() throws Exception {
        add(span(1, 1, true, 10, 3), span(2, 1, true, 20, 1), span(3, 1, true, 30, 2), span(4, 1, false, 40, 9));
        add(status(span(5, 1, true, 50, 1), 502), status(span(5, 2, false, 50, 0.2), 503)
                .addAttributes(FakeService.text("http.route", "/payments")), status(span(6, 1, true, 60, 1), 404));

        assertEquals(List.of(6, 5, 4, 3, 2, 1), ids(0, LATER, "", "", false));
        assertEquals(List.of(1, 3), ids(0, LATER, "/menu", "", true).subList(0, 2));
        assertEquals(List.of(2), ids(21, 22, "", "", false));
        assertEquals(List.of(6), ids(0, LATER, "/menu", "4", false));
        assertEquals(List.of(5), ids(0, LATER, "/payments", "5", false), "of any span in the trace");
        assertEquals(List.of(), ids(0, LATER, "/payments", "4", false));
    }

    @Test
    void evictsTheOldestTraceFirstAndTracesWithADotLast() throws Exception {
        dots.add(id(2));
        addLarge(1, 400);
        assertEquals(1, spansOf(140), "264 of these fit into 16 MB");
        assertThrows(NoSuchElementException.class, () -> store.trace(id(130)));
        assertEquals(1, spansOf(2), "a dot links to this trace");

        for (int trace = 401; trace <= 700; trace++) {
            dots.add(id(trace));
        }
        addLarge(401, 700);
        assertThrows(NoSuchElementException.class, () -> store.trace(id(401)), "each trace has a dot");
    }

    private void addLarge(int firstTrace, int lastTrace) throws Exception {
        for (int trace = firstTrace; trace <= lastTrace; trace++) {
            add(span(trace, 1, true, trace, 1).addAttributes(FakeService.text("padding", "x".repeat(60_000))));
        }
    }

    @Test
    void returnsOnlyTheFirstSpansOfALongTrace() throws Exception {
        for (int i = 0; i < 20; i++) {
            add(span(2, i, i == 0, 1, 1).addAttributes(FakeService.text("padding", "\u0001".repeat(60_000))));
        }

        assertEquals(3, spansOf(2), "each is 360 kB of JSON");
    }
}
