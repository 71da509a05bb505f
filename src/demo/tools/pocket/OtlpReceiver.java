package demo.tools.pocket;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Receives spans from any OpenTelemetry exporter: OTLP/HTTP with protobuf, {@code POST /v1/traces}. In the full stack
 * Tempo does this; there the service exports with gRPC, and the messages are the same.
 *
 * <p>A request is stored whole or not at all. 400: not an ExportTraceServiceRequest, or a span without valid ids.
 * 413: more than {@value #MAX_BYTES} bytes after gunzip or {@value #MAX_SPANS} spans, or a span beyond the limits of
 * {@link ReceivedSpan}. 415: another content type or encoding. 503: the memory for bodies is used up, the exporter
 * retries.
 *
 * <p>Any thread may call. Memory: {@value #MAX_BODIES} bytes of bodies at once; one span is decoded at a time.
 */
final class OtlpReceiver implements HttpHandler {
    static final int MAX_BYTES = 4 << 20;
    static final int MAX_BODIES = 8 << 20;
    static final int MAX_SPANS = 10_000;
    private static final int CHUNK = 16_384;
    private static final String PROTOBUF = "application/x-protobuf";

    /** Why a request is refused: the status, and the rule as the message. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final int status;

        private Refused(int status, String rule) {
            super(rule, null, false, false);
            this.status = status;
        }
    }

    private final TraceStore store;
    private final Semaphore memory = new Semaphore(MAX_BODIES); // a permit per byte

    OtlpReceiver(TraceStore store) {
        this.store = store;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try {
            String encoding = header(exchange, "Content-Encoding");
            check(exchange.getRequestURI().getPath().equals("/v1/traces"), 404,
                    "path must be /v1/traces: metrics are scraped, logs are read from the file");
            check(exchange.getRequestMethod().equals("POST"), 405, "method must be POST");
            check(header(exchange, "Content-Type").matches("(?i)" + PROTOBUF + " *(;.*)?"), 415,
                    "Content-Type must be application/x-protobuf (OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf)");
            check(encoding.matches("(?i)gzip|identity|"), 415, "Content-Encoding must be gzip or absent");
            receive(exchange.getRequestBody(), encoding.equalsIgnoreCase("gzip"));
            LocalServer.respond(exchange, 200, PROTOBUF, new byte[0]); // an empty ExportTraceServiceResponse
        } catch (Refused e) {
            // The rest of the body is not read.
            exchange.getResponseHeaders().set("Connection", "close");
            LocalServer.respond(exchange, e.status, PROTOBUF, googleRpcStatus(e.getMessage()));
        } catch (ZipException | EOFException | InvalidProtocolBufferException _) {
            LocalServer.respond(exchange, 400, PROTOBUF,
                    googleRpcStatus("body must be an ExportTraceServiceRequest"));
        }
    }

    private static String header(HttpExchange exchange, String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    static void check(boolean holds, int status, String rule) {
        if (!holds) {
            throw new Refused(status, rule);
        }
    }

    private void receive(InputStream body, boolean zipped) throws IOException {
        int taken = 0;
        try (var message = ByteString.newOutput(CHUNK)) {
            InputStream in = zipped ? new GZIPInputStream(body) : body;
            byte[] chunk = new byte[CHUNK];
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                check(memory.tryAcquire(read), 503, "too many requests at once");
                taken += read;
                check(taken <= MAX_BYTES, 413, "body must have at most " + MAX_BYTES + " bytes");
                message.write(chunk, 0, read);
            }
            store(message.toByteString());
        } finally {
            memory.release(taken);
        }
    }

    private synchronized void store(ByteString message) throws IOException {
        var spans = new ArrayList<ReceivedSpan>();
        for (ByteString resourceSpans : children(message, 1)) {
            String service = "";
            for (ByteString resource : children(resourceSpans, 1)) {
                service = ReceivedSpan.serviceName(resource);
            }
            for (ByteString scopeSpans : children(resourceSpans, 2)) {
                for (ByteString span : children(scopeSpans, 2)) {
                    spans.add(ReceivedSpan.decode(span, service));
                    check(spans.size() <= MAX_SPANS, 413, "body must have at most " + MAX_SPANS + " spans");
                }
            }
        }
        store.add(spans);
    }

    /** The messages in a repeated field of an encoded message: {@code ResourceSpans} in a request, spans in a scope. */
    private static List<ByteString> children(ByteString message, int field) throws IOException {
        var children = new ArrayList<ByteString>();
        CodedInputStream in = message.newCodedInput();
        in.enableAliasing(true); // a child is a view of the body, not a copy
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == (field << 3 | 2)) {
                children.add(in.readBytes());
                check(children.size() <= MAX_SPANS, 413, "body must have at most " + MAX_SPANS + " messages in one");
            } else if (!in.skipField(tag)) {
                throw new InvalidProtocolBufferException("unexpected end of group");
            }
        }
        return children;
    }

    /** The body that OTLP prescribes for a refused request. */
    private static byte[] googleRpcStatus(String message) {
        int messageField = 2;
        return UnknownFieldSet.newBuilder().addField(messageField, UnknownFieldSet.Field.newBuilder()
                .addLengthDelimited(ByteString.copyFromUtf8(message)).build()).build().toByteArray();
    }
}
