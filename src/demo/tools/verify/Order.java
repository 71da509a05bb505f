package demo.tools.verify;

import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/**
 * The accepted order that every check follows.
 *
 * @param spanId of the service's own span, from the {@code traceresponse} header
 * @param sentAt just before the request was sent
 */
record Order(String traceId, String spanId, Instant sentAt) {
    static final String ROUTE = "/orders";
    /** Payments are declined now and then, and stock runs out. */
    private static final int MAX_TRIES = 20;
    private static final List<String> ITEMS = List.of("espresso", "filter", "tea", "croissant", "sandwich");
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Orders under a new trace id until an order is accepted. */
    static Order place(Endpoint api) throws IOException {
        var last = "";
        for (int i = 0; i < MAX_TRIES; i++) {
            var body = "{\"item\":\"" + ITEMS.get(i % ITEMS.size()) + "\",\"quantity\":1}";
            var traceId = hex() + hex();
            var sentAt = Instant.now();
            var response = api.with("Content-Type", "application/json")
                    .with("traceparent", "00-" + traceId + "-" + hex() + "-01").post(ROUTE, body);
            if (response.statusCode() == 201) {
                var header = response.headers().firstValue("traceresponse").orElse("");
                var parts = header.split("-");
                if (parts.length != 4 || !parts[1].equals(traceId)) {
                    throw new IOException("expected traceresponse with trace " + traceId + ", found '" + header + "'");
                }
                return new Order(traceId, parts[2], sentAt);
            }
            last = response.statusCode() + ": " + Endpoint.head(response.body());
        }
        throw new IOException("none of " + MAX_TRIES + " orders was accepted, the last response was " + last);
    }

    /** Not zero: an id of zeros is invalid. */
    private static String hex() {
        return HexFormat.of().toHexDigits(RANDOM.nextLong() | 1);
    }
}
