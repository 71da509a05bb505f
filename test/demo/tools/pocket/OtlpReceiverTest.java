package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OtlpReceiverTest {
    private static final byte[] TRACE = HexFormat.of().parseHex("4bf92f3577b34da6a3ce929d0e0e4736");
    private static final byte[] SPAN = HexFormat.of().parseHex("00f067aa0ba902b7");

    private final TraceStore store = new TraceStore(_ -> false);
    private final HttpClient client = HttpClient.newHttpClient();
    private HttpServer server;

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", Guard.before(new OtlpReceiver(store)));
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        client.close();
    }

    private HttpResponse<byte[]> post(byte[] body, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1/traces"))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)).header("Content-Type", "application/x-protobuf");
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static ExportTraceServiceRequest request() {
        return FakeService.request("shop", FakeService.span(TRACE, SPAN, null, "GET /menu", SpanKind.SPAN_KIND_SERVER, 1_000_000_000L, 1_250_000_000L)
                .addAttributes(FakeService.text("http.route", "/menu"))
                .addAttributes(FakeService.number("http.response.status_code", 500))
                .addAttributes(KeyValue.newBuilder().setKey("list").setValue(AnyValue.newBuilder().setArrayValue(
                        ArrayValue.newBuilder().addValues(AnyValue.newBuilder().setBoolValue(true)).addValues(AnyValue.newBuilder().setDoubleValue(0.5)))))
                .setStatus(Status.newBuilder().setCode(Status.StatusCode.STATUS_CODE_ERROR).setMessage("no coffee"))
                .addEvents(io.opentelemetry.proto.trace.v1.Span.Event.newBuilder().setName("exception").setTimeUnixNano(1_100_000_000L)
                        .addAttributes(FakeService.text("exception.message", "<b>")))
                .build());
    }

    private static byte[] gzip(byte[] bytes) throws Exception {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private TraceStore.Whole trace() throws Exception {
        return store.trace(HexFormat.of().formatHex(TRACE));
    }

    @Test
    void keepsWhatTheOfficialClassesSend() throws Exception {
        var response = post(request().toByteArray());

        assertEquals(200, response.statusCode());
        assertEquals(ExportTraceServiceResponse.getDefaultInstance(), ExportTraceServiceResponse.parseFrom(response.body()));
        assertEquals(new TraceStore.Summary("4bf92f3577b34da6a3ce929d0e0e4736", "GET /menu", "shop", "500", true,
                1_000_000, 250_000, 1), trace().summary());
        assertEquals(List.of(new SpanView("00f067aa0ba902b7", "", "shop", "GET /menu", "server", 1_000_000, 1_250_000, true, "no coffee",
                Map.of("http.route", "/menu", "http.response.status_code", "500", "list", "[true, 0.5]"),
                List.of(new SpanView.Event(1_100_000, "exception", Map.of("exception.message", "<b>"))))), trace().spans());
    }

    @Test
    void takesGzip() throws Exception {
        assertEquals(200, post(gzip(request().toByteArray()), "Content-Encoding", "gzip").statusCode());
        assertEquals("GET /menu", trace().summary().name());
    }

    @Test
    void keepsNothingOfAMalformedRequest() throws Exception {
        byte[] good = request().toByteArray();
        byte[] half = Arrays.copyOf(good, good.length - 1);
        byte[] trailing = Arrays.copyOf(good, good.length + 1);

        assertEquals(400, post(half).statusCode());
        assertEquals(400, post(trailing).statusCode());
        assertEquals(400, post("{\"resourceSpans\":[]}".getBytes()).statusCode());
        assertEquals(400, post(good, "Content-Encoding", "gzip").statusCode());
        assertEquals(400, post(Arrays.copyOf(gzip(good), 40), "Content-Encoding", "gzip").statusCode());
        assertEquals(0, store.status().spans());
    }

    @Test
    void refusesAnotherTypeEncodingMethodAndPath() throws Exception {
        byte[] good = request().toByteArray();

        assertEquals(415, post(good, "Content-Type", "application/json").statusCode());
        assertEquals(415, post(good, "Content-Encoding", "br").statusCode());
        var get = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1/traces")).build();
        assertEquals(405, client.send(get, HttpResponse.BodyHandlers.discarding()).statusCode());
        var logs = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1/logs"))
                .POST(HttpRequest.BodyPublishers.noBody()).build();
        assertEquals(404, client.send(logs, HttpResponse.BodyHandlers.discarding()).statusCode());
    }

    @Test
    void refusesWhatIsTooLargePlainOrUnpacked() throws Exception {
        byte[] large = new byte[OtlpReceiver.MAX_BYTES + 1];

        assertEquals(413, post(large).statusCode());
        assertEquals(413, post(gzip(large), "Content-Encoding", "gzip").statusCode());
        assertEquals(200, post(request().toByteArray()).statusCode());
    }

    @Test
    void keepsNothingOfARequestWithASpanWithoutUsableIds() throws Exception {
        var good = FakeService.span(TRACE, SPAN, null, "good", SpanKind.SPAN_KIND_SERVER, 1, 2).build();

        for (var bad : List.of(FakeService.span(new byte[16], SPAN, null, "zeros", SpanKind.SPAN_KIND_SERVER, 1, 2).build(),
                FakeService.span(TRACE, new byte[4], null, "short", SpanKind.SPAN_KIND_SERVER, 1, 2).build())) {
            var response = post(FakeService.request("shop", good, bad).toByteArray());
            assertEquals(400, response.statusCode());
            assertTrue(new String(response.body()).contains("a span must have a trace id of 16 bytes"));
        }
        assertEquals(0, store.status().spans());
        assertEquals(200, post(FakeService.request("shop", good).toByteArray()).statusCode());
    }

    @Test
    void refusesAnotherOrigin() throws Exception {
        assertEquals(403, post(request().toByteArray(), "Origin", "http://evil.example").statusCode());
    }

    @Test
    void everyBrokenRequestIsAnswered200Or400() throws Exception {
        byte[] good = request().toByteArray();
        var random = new Random(7);
        for (int i = 0; i < 1_000; i++) {
            byte[] bytes = good.clone();
            for (int changes = random.nextInt(3); changes >= 0; changes--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            int status = post(bytes).statusCode();
            assertTrue(status == 400 || status == 200, "case " + i + " answered " + status);
        }
    }
}
