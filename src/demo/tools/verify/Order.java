package demo.tools.verify;

import java.io.IOException;
import java.math.BigDecimal;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;

/**
 * The accepted order that every check follows.
 *
 * @param spanId of the service's own span, from the {@code traceresponse} header
 * @param sentAt just before the request was sent
 */
record Order(String traceId, String spanId, Instant sentAt, long tookMillis) {
    static final String ROUTE = "/orders";
    /** Payments are declined now and then, and stock runs out. */
    private static final int MAX_TRIES = 20;
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Orders under a new trace id until an order is accepted. */
    static Order place(Endpoint api) throws IOException {
        var menu = api.json("/menu").at("menu").items();
        if (menu.isEmpty()) {
            throw new IOException("GET /menu responds without items");
        }
        var last = "";
        for (int i = 0; i < MAX_TRIES; i++) {
            var body = "{\"item\":\"" + menu.get(i % menu.size()).at("item").text() + "\",\"quantity\":1}";
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
                return new Order(traceId, parts[2], sentAt, Instant.now().toEpochMilli() - sentAt.toEpochMilli());
            }
            last = response.statusCode() + ": " + Endpoint.head(response.body());
        }
        throw new IOException("none of " + MAX_TRIES + " orders was accepted, the last response was " + last);
    }

    /** Not zero: an id of zeros is invalid. */
    private static String hex() {
        return HexFormat.of().toHexDigits(RANDOM.nextLong() | 1);
    }

    /** The time of the request plus {@code more}, in seconds since the epoch, for PromQL. */
    String seconds(long more) {
        return BigDecimal.valueOf(sentAt.toEpochMilli() + more * 1000, 3).toPlainString();
    }

    /** The same in nanoseconds, for Loki. */
    String nanos(long more) {
        return sentAt.toEpochMilli() + more * 1000 + "000000";
    }
}
