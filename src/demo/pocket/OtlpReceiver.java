package demo.pocket;

import static demo.pocket.Protobuf.LEN;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Takes spans from any OpenTelemetry sender: OTLP over HTTP with protobuf, {@code POST /v1/traces}. Tempo does this in the
 * full stack (there the service speaks OTLP over gRPC; the messages are the same).
 *
 * <p>A request is kept whole or not at all: 400 where it is no message, 413 where it is over {@value #MAX_BYTES} bytes,
 * before or after gunzip, 415 for another content type or encoding, 503 with Retry-After while {@value #AT_ONCE} others
 * are being read for longer than five seconds. A span without usable ids is refused alone, which the answer counts, as the
 * OTLP specification asks. Refusals carry a google.rpc.Status, for the same reason.
 *
 * <p>Any thread may call. Memory: {@value #AT_ONCE} requests of {@value #MAX_BYTES} bytes at once.
 */
final class OtlpReceiver implements HttpHandler {
    static final int MAX_BYTES = 4 << 20;
    static final int AT_ONCE = 2;
    private static final int INVALID_ARGUMENT = 3; // google.rpc.Code
    private static final int UNAVAILABLE = 14;

    private final TraceStore store;
    private final Semaphore reading = new Semaphore(AT_ONCE);

    OtlpReceiver(TraceStore store) {
        this.store = store;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!exchange.getRequestURI().getPath().equals("/v1/traces")) {
                refuse(exchange, 404, "only /v1/traces is here: metrics are scraped, logs are followed");
            } else if (!exchange.getRequestMethod().equals("POST")) {
                exchange.getResponseHeaders().set("Allow", "POST");
                refuse(exchange, 405, "method must be POST");
            } else if (!type(exchange).equals("application/x-protobuf")) {
                refuse(exchange, 415, "Content-Type must be application/x-protobuf, was " + type(exchange));
            } else if (!encoding(exchange).equals("gzip") && !encoding(exchange).equals("identity")) {
                refuse(exchange, 415, "Content-Encoding must be gzip or none, was " + encoding(exchange));
            } else {
                receive(exchange);
            }
        }
    }

    private static String type(HttpExchange exchange) {
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        return type == null ? "missing" : type.split(";", 2)[0].strip().toLowerCase(java.util.Locale.ROOT);
    }

    private static String encoding(HttpExchange exchange) {
        String encoding = exchange.getRequestHeaders().getFirst("Content-Encoding");
        return encoding == null ? "identity" : encoding.strip().toLowerCase(java.util.Locale.ROOT);
    }

    private void receive(HttpExchange exchange) throws IOException {
        if (!mayRead()) {
            exchange.getResponseHeaders().set("Retry-After", "1");
            refuse(exchange, 503, "too many requests at once");
            return;
        }
        try {
            byte[] body = read(exchange);
            if (body.length > MAX_BYTES) {
                refuse(exchange, 413, "a request must have at most " + MAX_BYTES + " bytes");
                return;
            }
            var spans = new ArrayList<TraceStore.Received>();
            int refused = decode(new Protobuf(body), spans);
            store.add(spans);
            answer(exchange, 200, refused == 0 ? new byte[0] : partialSuccess(refused));
        } catch (ZipException | EOFException | ProtocolException e) {
            refuse(exchange, 400, e.getMessage() == null ? "gzip body must be whole" : e.getMessage());
        } finally {
            reading.release();
        }
    }

    private boolean mayRead() {
        try {
            return reading.tryAcquire(5, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static byte[] read(HttpExchange exchange) throws IOException {
        InputStream in = exchange.getRequestBody();
        return (encoding(exchange).equals("gzip") ? new GZIPInputStream(in) : in).readNBytes(MAX_BYTES + 1);
    }

    /** Decodes an ExportTraceServiceRequest: for each resource (a service), for each scope (a library), spans. */
    private static int decode(Protobuf request, List<TraceStore.Received> spans) throws ProtocolException {
        int refused = 0;
        for (int tag; (tag = request.tag()) != 0; ) {
            if (tag == (1 << 3 | LEN)) {
                refused += decodeResource(request.message(), spans);
            } else {
                request.skip(tag);
            }
        }
        return refused;
    }

    private static int decodeResource(Protobuf resourceSpans, List<TraceStore.Received> spans) throws ProtocolException {
        var attributes = new LinkedHashMap<String, Object>();
        var scopes = new ArrayList<Protobuf>();
        for (int tag; (tag = resourceSpans.tag()) != 0; ) {
            switch (tag) {
                case 1 << 3 | LEN -> decodeAttributes(resourceSpans.message(), attributes);
                case 2 << 3 | LEN -> scopes.add(resourceSpans.message());
                default -> resourceSpans.skip(tag);
            }
        }
        String service = String.valueOf(attributes.getOrDefault("service.name", "unknown"));
        int refused = 0;
        for (Protobuf scope : scopes) {
            refused += decodeScope(scope, service, spans);
        }
        return refused;
    }

    private static void decodeAttributes(Protobuf resource, Map<String, Object> attributes) throws ProtocolException {
        for (int tag; (tag = resource.tag()) != 0; ) {
            if (tag == (1 << 3 | LEN)) {
                Span.attribute(resource.message(), attributes, 0);
            } else {
                resource.skip(tag);
            }
        }
    }

    private static int decodeScope(Protobuf scopeSpans, String service, List<TraceStore.Received> spans)
            throws ProtocolException {
        String scope = "";
        var messages = new ArrayList<byte[]>();
        for (int tag; (tag = scopeSpans.tag()) != 0; ) {
            switch (tag) {
                case 1 << 3 | LEN -> {
                    Protobuf message = scopeSpans.message();
                    for (int field; (field = message.tag()) != 0; ) {
                        if (field == (1 << 3 | LEN)) {
                            scope = message.string();
                        } else {
                            message.skip(field);
                        }
                    }
                }
                case 2 << 3 | LEN -> messages.add(scopeSpans.bytes());
                default -> scopeSpans.skip(tag);
            }
        }
        var source = new TraceStore.Source(service, scope);
        int refused = 0;
        for (byte[] message : messages) {
            Span span = Span.decode(new Protobuf(message));
            if (span.trace() == null || span.id().isEmpty()) {
                refused++;
            } else {
                spans.add(new TraceStore.Received(span, message, source));
            }
        }
        return refused;
    }

    private static void refuse(HttpExchange exchange, int status, String why) throws IOException {
        byte[] text = why.getBytes(StandardCharsets.UTF_8);
        var body = new ByteArrayOutputStream();
        body.write(1 << 3);
        body.write(status == 503 ? UNAVAILABLE : INVALID_ARGUMENT);
        writeField(body, 2, text);
        if (status >= 413 && status != 415) {
            exchange.getResponseHeaders().set("Connection", "close"); // rather than read what is left of the body
        }
        answer(exchange, status, body.toByteArray());
    }

    private static byte[] partialSuccess(int refused) {
        var partial = new ByteArrayOutputStream();
        partial.write(1 << 3);
        writeVarint(partial, refused);
        writeField(partial, 2, "a span must have a trace id of 16 bytes and an id of 8, not all zero".getBytes(StandardCharsets.UTF_8));
        var response = new ByteArrayOutputStream();
        writeField(response, 1, partial.toByteArray());
        return response.toByteArray();
    }

    private static void writeField(ByteArrayOutputStream out, int field, byte[] bytes) {
        out.write(field << 3 | LEN);
        writeVarint(out, bytes.length);
        out.writeBytes(bytes);
    }

    private static void writeVarint(ByteArrayOutputStream out, int value) {
        for (; value > 0x7F; value >>>= 7) {
            out.write(value & 0x7F | 0x80);
        }
        out.write(value);
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }
}
