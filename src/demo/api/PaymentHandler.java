package demo.api;

import com.sun.net.httpserver.HttpExchange;
import demo.log.Log;
import demo.metrics.Metrics;
import demo.trace.Tracing;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/** {@code POST /payments}: the simulated payment provider. {@link PaymentClient} calls it over HTTP. */
record PaymentHandler(Latency latency, Faults faults, Log log, Metrics metrics, Tracing tracing)
        implements Route.Handler {
    private static final int MAX_AMOUNT_CENTS = 1_000_000;
    private static final double DECLINED = 0.02;
    private static final double SIGMA = 0.5;

    private record Receipt(String payment_id, long amount_cents) {}

    @Override
    public void handle(HttpExchange exchange) throws Exception {
        Map<String, Object> body = RequestBody.read(exchange);
        if (!(body.get("amount_cents") instanceof Integer cents) || cents < 1 || cents > MAX_AMOUNT_CENTS) {
            throw Problem.badRequest("invalid_payment",
                    "Expected {\"amount_cents\": n} with a whole number n from 1 to " + MAX_AMOUNT_CENTS + ".");
        }
        tracing.attribute("payment.amount_cents", cents);
        boolean accepted = tracing.inSpan("authorize card", () -> {
            Latency.sleep(latency.around(faults.payment(), SIGMA));
            return !latency.chance(DECLINED);
        });
        if (!accepted) {
            log.warn("payments", "card declined").with("amount_cents", cents).write();
            throw new Problem(402, "card_declined", "Payment required", "The bank declined the card.");
        }
        metrics.payment(cents);
        String id = "pay_" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        Responses.sendJson(exchange, 201, new Receipt(id, cents));
    }
}
