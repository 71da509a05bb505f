package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;

/**
 * Pocket's two ports: spans by OTLP/HTTP and requests to the read API. Each request gets a response, never with a 5xx.
 * The ports come from the environment, which {@code FuzzDrill} sets.
 */
public final class PocketFuzz {
    private static final int OTLP = Integer.parseInt(System.getenv("POCKET_OTLP_PORT"));
    private static final int PAGE = Integer.parseInt(System.getenv("POCKET_PORT"));
    private static final String[] PATHS = {"/", "/api/status", "/api/metrics", "/api/logs", "/api/traces", "/api/trace",
        "/api/routes", "/pocket.js", "/../pocket.js", "/api/"};
    private static final String[] NAMES = {"text", "from", "to", "seconds", "limit", "route", "status",
        "order", "id"};

    private PocketFuzz() {
    }

    public static void fuzzerInitialize() {
        Pocket.main(new String[0]);
    }

    public static void fuzzerTestOneInput(FuzzedDataProvider data) throws Exception {
        switch (data.consumeInt(0, 2)) {
            case 0 -> post(data.consumeBoolean(), data.consumeRemainingAsBytes());
            case 1 -> post(data.consumeBoolean(), nearlyRight(data));
            default -> queryPage(data);
        }
    }

    private static void post(boolean zipped, byte[] message) throws IOException {
        var body = new ByteArrayOutputStream();
        if (zipped && (message.length == 0 || message[0] % 2 == 0)) {
            try (var gzip = new GZIPOutputStream(body)) {
                gzip.write(message);
            }
        } else {
            body.write(message);
        }
        String status = statusLine(OTLP, "POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:" + OTLP
                + "\r\nConnection: close\r\nContent-Type: application/x-protobuf\r\nContent-Length: " + body.size()
                + "\r\n" + (zipped ? "Content-Encoding: gzip\r\n" : "") + "\r\n", body.toByteArray());
        assertTrue(status.matches("HTTP/1.1 (200|400)"), status);
    }

    /** A request with a span that has any values, with a few changed bytes. */
    private static byte[] nearlyRight(FuzzedDataProvider data) {
        byte[] bytes = FakeService.request(data.consumeString(9), FakeService.span(
                data.consumeBytes(data.consumeBoolean() ? 16 : 17), data.consumeBytes(8), data.consumeBytes(9),
                data.consumeString(20), Span.SpanKind.SPAN_KIND_CLIENT, data.consumeLong(), data.consumeLong())
                .addAttributes(FakeService.text(data.consumeString(9), data.consumeString(9)))
                .addLinks(Span.Link.getDefaultInstance())
                .addEvents(Span.Event.newBuilder().setName(data.consumeString(9))).build()).toByteArray();
        for (int i = data.consumeInt(0, 4); i > 0; i--) {
            bytes[data.consumeInt(0, bytes.length - 1)] = data.consumeByte();
        }
        return bytes;
    }

    private static void queryPage(FuzzedDataProvider data) throws IOException {
        var path = new StringBuilder(data.consumeBoolean() ? data.pickValue(PATHS) : "/" + data.consumeAsciiString(12));
        for (int i = data.consumeInt(0, 3); i > 0; i--) {
            path.append(path.indexOf("?") < 0 ? '?' : '&').append(data.pickValue(NAMES)).append('=')
                    .append(data.consumeBoolean() ? Long.toString(data.consumeLong()) : data.consumeAsciiString(10));
        }
        String line = path.toString().replaceAll("[\\x00-\\x20\\x7f]", "+");
        String status = statusLine(PAGE, "GET " + line + " HTTP/1.1\r\nHost: 127.0.0.1:" + PAGE
                + "\r\nConnection: close\r\n\r\n", new byte[0]);
        assertTrue(status.matches("HTTP/1.1 [234].."), () -> line + ": " + status);
    }

    /** The first characters of the whole response. */
    private static String statusLine(int port, String head, byte[] body) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            var request = new ByteArrayOutputStream();
            request.write(head.getBytes(StandardCharsets.ISO_8859_1));
            request.write(body);
            socket.getOutputStream().write(request.toByteArray());
            return new String(socket.getInputStream().readAllBytes(), 0, 12, StandardCharsets.ISO_8859_1);
        }
    }
}
