package demo.api;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;

/**
 * Takes payments over HTTP. What goes wrong on the way is a {@link Problem} of the order: 402 when the card was
 * declined, 503 when the provider was out of reach, too slow, or broken. Any thread may call.
 */
final class PaymentClient {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final HttpClient http;
    private final URI payments;

    PaymentClient(HttpClient http, URI payments) {
        this.http = http;
        this.payments = payments;
    }

    /** The payment's id; waits for it, for 5 s at the longest. */
    String pay(String orderId, long amountCents) throws Problem {
        byte[] body = Json.bytes(json -> {
            json.writeStartObject();
            json.writeStringField("order_id", orderId);
            json.writeNumberField("amount_cents", amountCents);
            json.writeEndObject();
        });
        var request = HttpRequest.newBuilder(payments)
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        HttpResponse<byte[]> response;
        try {
            response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        } catch (HttpTimeoutException e) {
            throw unavailable("did not answer within " + TIMEOUT.toSeconds() + " s");
        } catch (IOException e) {
            throw unavailable("could not be reached (" + e.getClass().getSimpleName() + ")");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable("was not waited for: the service is stopping");
        }
        return switch (response.statusCode()) {
            case 201 -> paymentId(response.body());
            case 402 -> throw new Problem(402, "card_declined", "Payment required", "The bank declined the card.");
            default -> throw unavailable("answered " + response.statusCode());
        };
    }

    private static String paymentId(byte[] body) throws Problem {
        try {
            if (Json.flatObject(body).get("payment_id") instanceof String id) {
                return id;
            }
        } catch (Problem notOurs) {
            // Said below: it is the provider's answer that is wrong, not our client's request.
        }
        throw unavailable("answered something that is no payment");
    }

    private static Problem unavailable(String why) {
        return new Problem(503, "payment_unavailable", "Service unavailable", "The payment provider " + why + ".");
    }
}
