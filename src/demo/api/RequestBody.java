package demo.api;

import com.sun.net.httpserver.HttpExchange;
import demo.json.Json;
import demo.json.JsonException;
import java.io.IOException;
import java.util.Map;

/** Reads a request's body, which must be a small JSON object. */
final class RequestBody {
    /** An order has about 50 bytes. */
    static final int MAX_BYTES = 16 * 1024;

    /** How much of a body that is too large is read before the response. */
    private static final int MAX_DISCARDED_BYTES = 4 * 1024 * 1024;

    private RequestBody() { }

    /**
     * The object's fields. The caller validates their types.
     *
     * @throws Problem 400 if it is no JSON object, 413 if it exceeds {@value #MAX_BYTES} bytes, 415 if it is compressed
     */
    static Map<String, Object> read(HttpExchange exchange) throws IOException, Problem {
        String encoding = exchange.getRequestHeaders().getFirst("Content-Encoding");
        if (encoding != null && !encoding.strip().equalsIgnoreCase("identity")) {
            throw refused(exchange, new Problem(415, "unsupported_encoding", "Unsupported media type",
                    "A body must not be compressed: omit Content-Encoding."));
        }
        byte[] body = readNBytes(exchange, MAX_BYTES + 1);
        if (body.length > MAX_BYTES) {
            throw refused(exchange, new Problem(413, "body_too_large", "Content too large",
                    "A body must not be longer than " + MAX_BYTES + " bytes."));
        }
        Json json;
        try {
            json = Json.read(body);
        } catch (JsonException e) {
            throw Problem.badRequest("malformed_json", "The body is not JSON: " + e.getMessage() + ".");
        }
        if (json.value() instanceof Map) {
            return json.fields();
        }
        throw Problem.badRequest("not_an_object", "The body must be a JSON object such as {\"name\": \"value\"}.");
    }

    /**
     * Reads the rest of the body. Closing a connection with unread bytes resets it, and the reset can overtake the
     * response while the client is still sending.
     *
     * @throws IOException if the client disconnected or sent malformed chunks
     */
    static void discard(HttpExchange exchange) throws IOException {
        int left = MAX_DISCARDED_BYTES;
        while (left > 0 && readNBytes(exchange, MAX_BYTES).length > 0) {
            left -= MAX_BYTES;
        }
    }

    private static Problem refused(HttpExchange exchange, Problem problem) throws IOException {
        discard(exchange);
        exchange.getResponseHeaders().set("Connection", "close");
        return problem;
    }

    private static byte[] readNBytes(HttpExchange exchange, int bytes) throws IOException {
        try {
            return exchange.getRequestBody().readNBytes(bytes);
        } catch (IndexOutOfBoundsException e) {
            throw new IOException("malformed chunk length", e); // the JDK's server reads 0x80000000 as a negative length
        }
    }
}
