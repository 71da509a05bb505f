package demo.api;

import demo.json.Json;
import demo.json.JsonException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Takes payments over HTTP. A failure becomes a {@link Problem} of the order: 402 when the bank declined the card, 503
 * when the provider was unreachable, too slow, or sent an unusable response. Any thread may call.
 */
final class PaymentClient {
    private final HttpClient http;
    private final URI provider;
    private final Faults faults;
    private final AtomicInteger turn = new AtomicInteger();

    private record Payment(String order_id, long amount_cents) {}

    PaymentClient(HttpClient http, URI provider, Faults faults) {
        this.http = http;
        this.provider = provider;
        this.faults = faults;
    }

    /** Returns the payment's id. The replicas take turns; after a failure the next one is tried, each at most once. */
    String pay(String orderId, long amountCents) throws Problem {
        List<URI> replicas = faults.paymentReplicas(provider);
        Duration timeout = faults.paymentTimeout();
        int first = turn.getAndIncrement();
        String failure = null;
        for (int attempt = 0; attempt < replicas.size(); attempt++) {
            URI replica = replicas.get(Math.floorMod(first + attempt, replicas.size()));
            try {
                return paymentId(send(replica, timeout, new Payment(orderId, amountCents)));
            } catch (HttpTimeoutException e) {
                // A real provider charges once per order id, so a second attempt at the next replica is safe.
                failure = "did not respond within " + timeout.toMillis() + " ms";
            } catch (IOException e) {
                failure = "was unreachable";
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw unavailable("had not responded when the service stopped");
            }
        }
        throw unavailable(failure);
    }

    private HttpResponse<byte[]> send(URI replica, Duration timeout, Payment payment)
            throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(replica)
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.write(payment)))
                .build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static String paymentId(HttpResponse<byte[]> response) throws Problem {
        if (response.statusCode() == 402) {
            throw new Problem(402, "card_declined", "Payment required", "The bank declined the card.");
        }
        if (response.statusCode() != 201) {
            throw unavailable("responded with status " + response.statusCode());
        }
        try {
            if (Json.read(response.body()).at("payment_id").value() instanceof String id) {
                return id;
            }
        } catch (JsonException e) {
            // Reported below.
        }
        throw unavailable("sent a response without payment_id");
    }

    private static Problem unavailable(String reason) {
        return new Problem(503, "payment_unavailable", "Service unavailable", "The payment provider " + reason + ".");
    }
}
