package demo.api;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Reading from and answering to an exchange, with its bounds. */
final class Exchanges {
    /** An order is about 50 bytes. */
    static final int MAX_BODY_BYTES = 16 * 1024;

    /** What is read of a body that is too large, before the answer. */
    private static final int MAX_DISCARDED_BYTES = 4 * 1024 * 1024;

    private Exchanges() {
    }

    /** The whole body; @throws Problem 413 when it is longer than {@value #MAX_BODY_BYTES} bytes */
    static byte[] body(HttpExchange exchange) throws IOException, Problem {
        String declared = exchange.getRequestHeaders().getFirst("Content-Length");
        // The server has parsed the length already, so it is a number; a chunked body declares none.
        if (declared == null || Long.parseLong(declared.strip()) <= MAX_BODY_BYTES) {
            byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY_BYTES + 1);
            if (body.length <= MAX_BODY_BYTES) {
                return body;
            }
        }
        discard(exchange.getRequestBody());
        exchange.getResponseHeaders().set("Connection", "close");
        throw new Problem(413, "body_too_large", "Content too large",
                "A body must not be longer than " + MAX_BODY_BYTES + " bytes.");
    }

    /**
     * Reads on, for a while: closing a connection that still has bytes to read resets it, and a reset can overtake the
     * answer, so that a client which is still sending would never see its 413.
     */
    private static void discard(InputStream body) throws IOException {
        byte[] nowhere = new byte[8 * 1024];
        long left = MAX_DISCARDED_BYTES;
        for (int n = 0; n >= 0 && left > 0; left -= n) {
            n = body.read(nowhere);
        }
    }

    static void answerJson(HttpExchange exchange, int status, Json.Writer writer) throws IOException {
        answer(exchange, status, "application/json", Json.bytes(writer));
    }

    static void answerText(HttpExchange exchange, int status, String text) throws IOException {
        answer(exchange, status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    /** To HEAD the same without the body, as RFC 9110 asks. */
    static void answer(HttpExchange exchange, int status, String contentType, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", contentType);
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }
}
