package demo.tools.pocket;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnsafeByteOperations;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Receives spans from any OpenTelemetry exporter: OTLP/HTTP with protobuf, {@code POST /v1/traces}. In the full stack
 * Tempo does this; there the service exports with gRPC, and the messages are the same.
 *
 * <p>A request is stored whole or not at all. Status 400 with the rule: not an ExportTraceServiceRequest, a span
 * without valid ids, more than {@value #MAX_BYTES} bytes after gunzip or {@value #MAX_SPANS} spans, a span beyond the
 * limits of {@link ReceivedSpan}, another content type or encoding.
 *
 * <p>Any thread may call. Memory: the body of each request; one span is decoded at a time.
 */
final class OtlpReceiver implements HttpHandler {
    static final int MAX_BYTES = 4 << 20;
    static final int MAX_SPANS = 10_000;
    private static final String PROTOBUF = "application/x-protobuf";

    private final TraceStore store;

    OtlpReceiver(TraceStore store) {
        this.store = store;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        Headers headers = exchange.getRequestHeaders();
        String encoding = headers.getOrDefault("Content-Encoding", List.of("identity")).getFirst();
        try {
            check(exchange.getRequestURI().getPath().equals("/v1/traces"),
                    "path must be /v1/traces: metrics are scraped, logs are read from the file");
            check(exchange.getRequestMethod().equals("POST"), "method must be POST");
            check(headers.getOrDefault("Content-Type", List.of("")).getFirst().matches("(?i)" + PROTOBUF + " *(;.*)?"),
                    "Content-Type must be application/x-protobuf (OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf)");
            check(encoding.matches("(?i)gzip|identity"), "Content-Encoding must be gzip or absent");
            InputStream body = exchange.getRequestBody();
            byte[] message = (encoding.equalsIgnoreCase("gzip") ? new GZIPInputStream(body) : body)
                    .readNBytes(MAX_BYTES + 1);
            check(message.length <= MAX_BYTES, "body must have at most " + MAX_BYTES + " bytes");
            store(UnsafeByteOperations.unsafeWrap(message));
            LocalServer.respond(exchange, 200, PROTOBUF, new byte[0]); // an empty ExportTraceServiceResponse
        } catch (IllegalArgumentException e) {
            refuse(exchange, e.getMessage());
        } catch (ZipException | EOFException | InvalidProtocolBufferException _) {
            refuse(exchange, "body must be an ExportTraceServiceRequest");
        }
    }

    /** Throws IllegalArgumentException with the rule unless it holds. */
    static void check(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
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
                    check(spans.size() <= MAX_SPANS, "body must have at most " + MAX_SPANS + " spans");
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
                check(children.size() <= MAX_SPANS, "body must have at most " + MAX_SPANS + " messages in one");
            } else if (!in.skipField(tag)) {
                throw new InvalidProtocolBufferException("unexpected end of group");
            }
        }
        return children;
    }

    /** The body is a google.rpc.Status, as OTLP prescribes. The rest of the request's body is not read. */
    private static void refuse(HttpExchange exchange, String rule) throws IOException {
        int messageField = 2;
        exchange.getResponseHeaders().set("Connection", "close");
        LocalServer.respond(exchange, 400, PROTOBUF, UnknownFieldSet.newBuilder().addField(messageField,
                UnknownFieldSet.Field.newBuilder().addLengthDelimited(ByteString.copyFromUtf8(rule)).build())
                .build().toByteArray());
    }
}
