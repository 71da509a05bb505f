package demo.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.ByteArrayOutputStream;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.HexFormat;
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
        server.createContext("/", new OtlpReceiver(store)).getFilters().add(new Guard());
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

    private String trace() throws Exception {
        return json(out -> assertTrue(store.write(out, TraceId.parse(HexFormat.of().formatHex(TRACE)))));
    }

    private String status() throws Exception {
        return json(out -> {
            out.writeStartObject();
            store.writeStatus(out);
            out.writeEndObject();
        });
    }

    private interface Writer {
        void write(com.fasterxml.jackson.core.JsonGenerator out) throws java.io.IOException;
    }

    private static String json(Writer writer) throws Exception {
        var text = new StringWriter();
        try (var out = new com.fasterxml.jackson.core.JsonFactory().createGenerator(text)) {
            writer.write(out);
        }
        return text.toString();
    }

    @Test
    void keepsWhatTheOfficialClassesSend() throws Exception {
        var response = post(request().toByteArray());

        assertEquals(200, response.statusCode());
        assertEquals(ExportTraceServiceResponse.getDefaultInstance(), ExportTraceServiceResponse.parseFrom(response.body()));
        assertEquals("{\"trace\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"name\":\"GET /menu\",\"service\":\"shop\",\"route\":\"/menu\",\"status\":\"500\","
                + "\"failed\":true,\"start_millis\":1000,\"duration_micros\":250000,\"spans\":1,\"left_out\":0,\"tree\":[{\"id\":\"00f067aa0ba902b7\",\"parent\":\"\","
                + "\"name\":\"GET /menu\",\"kind\":\"server\",\"service\":\"shop\",\"scope\":\"fake\",\"start_micros\":0,\"duration_micros\":250000,\"failed\":true,"
                + "\"status_message\":\"no coffee\",\"attributes\":{\"http.route\":\"/menu\",\"http.response.status_code\":\"500\",\"list\":\"[true, 0.5]\"},"
                + "\"events\":[{\"name\":\"exception\",\"start_micros\":100000,\"attributes\":{\"exception.message\":\"<b>\"}}]}]}", trace());
    }

    @Test
    void takesGzip() throws Exception {
        assertEquals(200, post(gzip(request().toByteArray()), "Content-Encoding", "gzip").statusCode());
        assertTrue(trace().contains("GET /menu"));
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
        assertTrue(status().startsWith("{\"spans\":0,"), status());
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
    void countsSpansWithoutUsableIds() throws Exception {
        var request = FakeService.request("shop",
                FakeService.span(new byte[16], SPAN, null, "zeros", SpanKind.SPAN_KIND_SERVER, 1, 2).build(),
                FakeService.span(TRACE, new byte[4], null, "short", SpanKind.SPAN_KIND_SERVER, 1, 2).build(),
                FakeService.span(TRACE, SPAN, null, "good", SpanKind.SPAN_KIND_SERVER, 1, 2).build());

        var response = ExportTraceServiceResponse.parseFrom(post(request.toByteArray()).body());

        assertEquals(2, response.getPartialSuccess().getRejectedSpans());
        assertTrue(status().startsWith("{\"spans\":1,"), status());
    }

    @Test
    void refusesAnotherOrigin() throws Exception {
        assertEquals(403, post(request().toByteArray(), "Origin", "http://evil.example").statusCode());
    }

    @Test
    void acceptsOnlyWhatTheOfficialParserAccepts() throws Exception {
        byte[] good = request().toByteArray();
        var random = new Random(7);
        int accepted = 0;
        for (int i = 0; i < 3_000; i++) {
            byte[] bytes = good.clone();
            for (int changes = random.nextInt(3); changes >= 0; changes--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            boolean official;
            try {
                ExportTraceServiceRequest.parseFrom(ByteString.copyFrom(bytes));
                official = true;
            } catch (com.google.protobuf.InvalidProtocolBufferException _) {
                official = false;
            }
            int status = post(bytes).statusCode();
            assertTrue(status == 400 || status == 200 && official, "case " + i + " answered " + status + ", official parser: " + official);
            accepted += status == 200 ? 1 : 0;
        }
        assertTrue(accepted > 300, "most single changes leave a message, accepted " + accepted);
    }
}
