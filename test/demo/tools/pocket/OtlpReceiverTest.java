package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.ByteArrayOutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OtlpReceiverTest {
    private static final byte[] TRACE = HexFormat.of().parseHex("4bf92f3577b34da6a3ce929d0e0e4736");
    private static final byte[] SPAN = HexFormat.of().parseHex("00f067aa0ba902b7");

    private final TraceStore store = new TraceStore(_ -> false);
    private final HttpClient client = HttpClient.newHttpClient();
    private LocalServer server;

    @BeforeEach
    void start() throws Exception {
        server = new LocalServer(0, "PORT", new OtlpReceiver(store));
    }

    @AfterEach
    void stop() {
        server.close();
        client.close();
    }

    private HttpResponse<byte[]> send(String method, String path, byte[] body, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
                .header("Content-Type", "application/x-protobuf");
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private int post(byte[] body, String... headers) throws Exception {
        return send("POST", "/v1/traces", body, headers).statusCode();
    }

    private static Span.Builder span() {
        return FakeService.span(TRACE, SPAN, null, "GET /menu", SpanKind.SPAN_KIND_SERVER, 1_000_000_000L,
                1_250_000_000L).addAttributes(FakeService.number("http.response.status_code", 500));
    }

    private static byte[] request() {
        var list = ArrayValue.newBuilder().addValues(AnyValue.newBuilder().setBoolValue(true))
                .addValues(AnyValue.newBuilder().setDoubleValue(0.5));
        return FakeService.request("shop", span()
                .addAttributes(KeyValue.newBuilder().setKey("list").setValue(AnyValue.newBuilder().setArrayValue(list)))
                .setStatus(Status.newBuilder().setCode(Status.StatusCode.STATUS_CODE_ERROR).setMessage("no coffee"))
                .addLinks(Span.Link.newBuilder().setTraceId(ByteString.copyFrom(TRACE)))
                .addEvents(Span.Event.newBuilder().setName("exception").setTimeUnixNano(1_100_000_000L)
                        .addAttributes(FakeService.text("exception.message", "<b>")))
                .build()).toByteArray();
    }

    private static byte[] gzip(byte[] bytes) throws Exception {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    @Test
    void storesSpansOfTheOfficialClasses() throws Exception {
        var response = send("POST", "/v1/traces", request());

        assertEquals(200, response.statusCode());
        assertEquals(ExportTraceServiceResponse.getDefaultInstance(),
                ExportTraceServiceResponse.parseFrom(response.body()));
        String trace = HexFormat.of().formatHex(TRACE);
        assertEquals(List.of(new TraceStore.Summary(trace, "GET /menu", "shop", "500", true, true, 1, 0.25, 1)),
                store.find(new TraceStore.Query(0, 9, "", "", "", "", 9)));
        assertEquals(("""
                {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},\
                "scopeSpans":[{"spans":[{"traceId":"%1$s","spanId":"00f067aa0ba902b7",\
                "name":"GET /menu","kind":2,"startTimeUnixNano":"1000000000","endTimeUnixNano":"1250000000",\
                "attributes":[{"key":"http.response.status_code","value":{"intValue":"500"}},{"key":"list",\
                "value":{"arrayValue":{"values":[{"boolValue":true},{"doubleValue":0.5}]}}}],\
                "events":[{"timeUnixNano":"1100000000","name":"exception",\
                "attributes":[{"key":"exception.message","value":{"stringValue":"<b>"}}]}],\
                "links":[{"traceId":"%1$s"}],"status":{"message":"no coffee","code":2}}]}]}]}""").formatted(trace),
                new String(store.trace(trace)));
    }

    @Test
    void acceptsGzipAndStoresEachSpanOnce() throws Exception {
        assertEquals(200, post(gzip(request()), "Content-Encoding", "gzip"));
        assertEquals(200, post(request()));

        assertEquals(1, store.status().spans());
    }

    @Test
    void storesNothingOfARefusedRequest() throws Exception {
        byte[] good = request();
        byte[] longer = new byte[OtlpReceiver.MAX_BYTES + 1];
        var shortId = span().setSpanId(ByteString.copyFrom(new byte[4])).build();

        assertEquals(400, post(Arrays.copyOf(good, good.length - 1)));
        assertEquals(400, post(Arrays.copyOf(good, good.length + 1)));
        assertEquals(400, post("{\"resourceSpans\":[]}".getBytes()));
        assertEquals(400, post(good, "Content-Encoding", "gzip"));
        assertEquals(400, post(Arrays.copyOf(gzip(good), 40), "Content-Encoding", "gzip"));
        assertEquals(400, post(FakeService.request("shop", span().build(), shortId).toByteArray()));
        assertEquals(400, post(FakeService.request("shop", span().setParentSpanId(ByteString.copyFrom(new byte[4]))
                .build()).toByteArray()));
        assertEquals(413, post(longer));
        assertEquals(413, post(gzip(longer), "Content-Encoding", "gzip"));
        assertEquals(415, post(good, "Content-Type", "application/json"));
        assertEquals(415, post(good, "Content-Encoding", "br"));
        assertEquals(403, post(good, "Origin", "http://evil.example"));
        assertEquals(403, post(good, "Sec-Fetch-Site", "cross-site"));
        assertEquals(405, send("PUT", "/v1/traces", good).statusCode());
        assertEquals(404, send("POST", "/v1/logs", good).statusCode());
        assertEquals(0, store.status().spans());
        assertEquals(200, post(good));
    }

    @Test
    void respondsToOthersWhileSendersStall() throws Exception {
        List<Socket> stalled = new ArrayList<>();
        for (int i = 0; i < 3 * LocalServer.MAX_REQUESTS; i++) {
            stalled.add(PocketProcess.connection(server.port(), "POST /v1/traces HTTP/1.1\nHost: localhost\n"
                    + "Content-Type: application/x-protobuf\nContent-Length: 100\n\nx"));
        }
        long start = System.nanoTime();
        assertEquals(200, post(request()));
        assertTrue(System.nanoTime() - start < 15_000_000_000L, "only the time limit of a request ends a stalled one");
        for (Socket socket : stalled) {
            socket.close();
        }
    }

    @Test
    void respondsToTheRequestInFlightBeforeItStops() throws Exception {
        byte[] body = request();
        try (Socket sender = PocketProcess.connection(server.port(), "POST /v1/traces HTTP/1.1\nHost: localhost\n"
                + "Content-Type: application/x-protobuf\nContent-Length: " + body.length + "\n\n")) {
            sender.getOutputStream().write(body, 0, 5);
            while (server.requestsInFlight() == 0) {
                Thread.onSpinWait();
            }
            Thread closing = Thread.startVirtualThread(server::close);
            sender.getOutputStream().write(body, 5, body.length - 5);

            assertEquals("HTTP/1.1 200 OK", new String(sender.getInputStream().readNBytes(15)));
            closing.join();
        }
    }

    @Test
    void respondsToEveryBrokenRequestWith200Or400() throws Exception {
        byte[] good = request();
        var random = new Random(7);
        for (int i = 0; i < 500; i++) {
            byte[] bytes = good.clone();
            for (int changes = random.nextInt(3); changes >= 0; changes--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            int status = post(bytes);
            assertTrue(status == 400 || status == 200, "case " + i + ": " + status);
        }
    }

    @Test
    void acceptsTheLargestBatchOfTheServicesExporter() throws Exception {
        var batch = ExportTraceServiceRequest.newBuilder();
        for (int i = 0; i < 2_048; i++) {
            var span = span().setSpanId(ByteString.copyFrom(new byte[] {1, 1, 1, 1, 1, 1, (byte) (i >> 8), (byte) i}));
            for (int n = 0; n < 20; n++) {
                span.addAttributes(FakeService.text("server.attribute." + n, "a value of usual length"));
            }
            batch.addResourceSpans(FakeService.request("api", span.build()).getResourceSpans(0));
        }

        assertEquals(200, post(batch.build().toByteArray()));
        assertEquals(2_048, store.status().spans());
    }
}
