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
import java.util.Locale;
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
        return type == null ? "missing" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    }

    private static String encoding(HttpExchange exchange) {
        String encoding = exchange.getRequestHeaders().getFirst("Content-Encoding");
        return encoding == null ? "identity" : encoding.strip().toLowerCase(Locale.ROOT);
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

    /** Decodes an ExportTraceServiceRequest: for each resource (a service), for each scope (a library), its spans. */
    private static int decode(Protobuf request, List<TraceStore.Received> spans) throws ProtocolException {
        int[] refused = {0};
        request.each(1, resourceSpans -> {
            var attributes = new LinkedHashMap<String, Object>();
            resourceSpans.each(1, resource -> resource.each(1, attribute -> Span.attribute(attribute, attributes, 0)));
            String service = String.valueOf(attributes.getOrDefault("service.name", "unknown"));
            resourceSpans.each(2, scopeSpans -> {
                String[] library = {""};
                scopeSpans.each(1, scope -> scope.each(1, name -> library[0] = name.text()));
                var source = new TraceStore.Source(service, library[0]);
                scopeSpans.each(2, message -> {
                    byte[] bytes = message.rest();
                    Span span = Span.decode(message);
                    if (span.trace() == null || span.id().isEmpty()) {
                        refused[0]++;
                    } else {
                        spans.add(new TraceStore.Received(span, bytes, source));
                    }
                });
            });
        });
        return refused[0];
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
