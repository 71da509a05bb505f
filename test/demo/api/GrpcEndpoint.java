package demo.api;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * As much of an OTLP/gRPC endpoint as an exporter needs: HTTP/2 without TLS (RFC 9113), whose headers it doesn't read,
 * and the answer OK to every call. A frame is {@code length:24 type:8 flags:8 stream:32 payload}.
 */
final class GrpcEndpoint implements AutoCloseable {
    private static final int DATA = 0, HEADERS = 1, SETTINGS = 4, PING = 6, WINDOW_UPDATE = 8;
    private static final int ACK = 1, END_STREAM = 1, END_HEADERS = 4;
    private static final int PREFACE_BYTES = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length();
    /** HPACK (RFC 7541): the static table's {@code :status 200}, then literals that are not indexed. */
    private static final byte[] ANSWER = "\u0088\u000f\u0010\u0010application/grpc".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] TRAILER = "\0\u000bgrpc-status\u00010".getBytes(StandardCharsets.ISO_8859_1);
    /** Not compressed, no bytes: an empty ExportTraceServiceResponse. */
    private static final byte[] EMPTY_MESSAGE = new byte[5];

    private final ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    private final BlockingQueue<Span> spans = new LinkedBlockingQueue<>();

    GrpcEndpoint() throws IOException {
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    Socket client = listener.accept();
                    Thread.ofVirtual().start(() -> serve(client));
                }
            } catch (IOException e) {
                // Closed.
            }
        });
    }

    String url() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    /** Spans as they arrive. */
    BlockingQueue<Span> spans() {
        return spans;
    }

    private void serve(Socket client) {
        Map<Integer, ByteArrayOutputStream> calls = new HashMap<>();
        try (client; var in = new DataInputStream(client.getInputStream());
                var out = new DataOutputStream(client.getOutputStream())) {
            in.readFully(new byte[PREFACE_BYTES]);
            frame(out, SETTINGS, 0, 0, new byte[0]);
            while (true) {
                int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
                int type = in.readUnsignedByte();
                int flags = in.readUnsignedByte();
                int stream = in.readInt();
                byte[] payload = in.readNBytes(length);
                if ((type == SETTINGS || type == PING) && (flags & ACK) == 0) {
                    frame(out, type, ACK, 0, type == PING ? payload : new byte[0]);
                } else if (type == DATA) {
                    var call = calls.computeIfAbsent(stream, s -> new ByteArrayOutputStream());
                    call.write(payload);
                    if (length > 0) {
                        frame(out, WINDOW_UPDATE, 0, 0, ByteBuffer.allocate(4).putInt(length).array());
                    }
                    if ((flags & END_STREAM) != 0) {
                        take(calls.remove(stream).toByteArray());
                        frame(out, HEADERS, END_HEADERS, stream, ANSWER);
                        frame(out, DATA, 0, stream, EMPTY_MESSAGE);
                        frame(out, HEADERS, END_HEADERS | END_STREAM, stream, TRAILER);
                    }
                }
            }
        } catch (IOException e) {
            // The client has gone.
        }
    }

    /** One message after its prefix: a byte for compression, which nobody asked for, and its length. */
    private void take(byte[] call) throws IOException {
        var message = ByteBuffer.wrap(call, 5, ByteBuffer.wrap(call).getInt(1));
        ExportTraceServiceRequest.parseFrom(message).getResourceSpansList().forEach(resource ->
                resource.getScopeSpansList().forEach(scope -> spans.addAll(scope.getSpansList())));
    }

    private static void frame(DataOutputStream out, int type, int flags, int stream, byte[] payload) throws IOException {
        out.writeByte(payload.length >> 16);
        out.writeShort(payload.length);
        out.writeByte(type);
        out.writeByte(flags);
        out.writeInt(stream);
        out.write(payload);
        out.flush();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
