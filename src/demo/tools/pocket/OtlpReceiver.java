package demo.tools.pocket;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.WireFormat;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Takes spans from any OpenTelemetry sender: OTLP over HTTP with protobuf, {@code POST /v1/traces}. Tempo does this in
 * the full stack (there the service speaks OTLP over gRPC; the messages are the same).
 *
 * <p>A request is kept whole or not at all: 400 where it is no message or a span has no usable ids, 413 where it is
 * over {@value #MAX_BYTES} bytes, before or after gunzip, or {@value #MAX_FIELDS} fields, 415 for another content type
 * or encoding. Any thread may call. Memory: one request is decoded at a time, the next wait.
 */
final class OtlpReceiver implements HttpHandler {
    static final int MAX_BYTES = 4 << 20;
    static final int MAX_FIELDS = 400_000; // 2,048 spans of 40 attributes have that many
    private static final int MAX_DEPTH = 64;
    private static final Parser<ExportTraceServiceRequest> PARSER =
            DiscardUnknownFieldsParser.wrap(ExportTraceServiceRequest.parser()); // an unknown field would take 200 bytes
    private static final int STATUS_MESSAGE = 2; // the field's number in google.rpc.Status

    private final TraceStore store;

    OtlpReceiver(TraceStore store) {
        this.store = store;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String encoding = header(exchange, "Content-Encoding");
            if (!exchange.getRequestURI().getPath().equals("/v1/traces")) {
                answer(exchange, 404, "only /v1/traces is here: metrics are scraped, logs are followed");
            } else if (!exchange.getRequestMethod().equals("POST")) {
                answer(exchange, 405, "method must be POST");
            } else if (!header(exchange, "Content-Type").matches("(?i)application/x-protobuf *(;.*)?")) {
                answer(exchange, 415, "Content-Type must be application/x-protobuf");
            } else if (!encoding.matches("(?i)gzip|identity|")) {
                answer(exchange, 415, "Content-Encoding must be gzip or none");
            } else {
                receive(exchange, encoding.equalsIgnoreCase("gzip"));
            }
        }
    }

    private static String header(HttpExchange exchange, String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    private synchronized void receive(HttpExchange exchange, boolean zipped) throws IOException {
        try {
            InputStream in = exchange.getRequestBody();
            byte[] body = (zipped ? new GZIPInputStream(in) : in).readNBytes(MAX_BYTES + 1);
            if (body.length > MAX_BYTES) {
                exchange.getResponseHeaders().set("Connection", "close"); // rather than read what is left of the body
                answer(exchange, 413, "a request must have at most " + MAX_BYTES + " bytes");
            } else if (fields(CodedInputStream.newInstance(body), ExportTraceServiceRequest.getDescriptor(), 0) > MAX_FIELDS) {
                answer(exchange, 413, "a request must have at most " + MAX_FIELDS + " fields");
            } else if (store.add(PARSER.parseFrom(body))) {
                answer(exchange, 200, "");
            } else {
                answer(exchange, 400, "a span must have a trace id of 16 bytes and an id of 8, not all zero");
            }
        } catch (ZipException | EOFException | InvalidProtocolBufferException e) {
            answer(exchange, 400, "a request must be an ExportTraceServiceRequest");
        }
    }

    /** How many fields a message has, with those of the messages in it: each can be an object, and two bytes are enough for one. */
    private static int fields(CodedInputStream in, Descriptor type, int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new InvalidProtocolBufferException("messages in messages in messages");
        }
        int fields = 0;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            var field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
            fields++;
            if (field != null && field.getJavaType() == JavaType.MESSAGE
                    && WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                int outer = in.pushLimit(in.readRawVarint32());
                fields += fields(in, field.getMessageType(), depth + 1);
                in.popLimit(outer);
            } else {
                in.skipField(tag);
            }
        }
        return fields;
    }

    /** Answers as OTLP asks: with an empty response where all was taken, with a google.rpc.Status where not. */
    private static void answer(HttpExchange exchange, int code, String problem) throws IOException {
        byte[] body = problem.isEmpty() ? new byte[0]
                : UnknownFieldSet.newBuilder().addField(STATUS_MESSAGE, UnknownFieldSet.Field.newBuilder()
                        .addLengthDelimited(ByteString.copyFromUtf8(problem)).build()).build().toByteArray();
        exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
        exchange.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }
}
