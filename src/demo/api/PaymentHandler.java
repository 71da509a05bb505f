package demo.api;

import com.sun.net.httpserver.HttpExchange;
import demo.log.Log;
import demo.metrics.Metrics;
import demo.trace.Tracing;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/** {@code POST /payments}: the provider that takes the money, a service of its own to the traces. */
final class PaymentHandler implements Route.Handler {
    private static final long MAX_AMOUNT_CENTS = 1_000_000;
    private static final double DECLINED = 0.02;
    private static final double SIGMA = 0.5;

    private final Latency latency;
    private final Faults faults;
    private final Log log;
    private final Metrics metrics;
    private final Tracing tracing;

    PaymentHandler(Latency latency, Faults faults, Log log, Metrics metrics, Tracing tracing) {
        this.latency = latency;
        this.faults = faults;
        this.log = log;
        this.metrics = metrics;
        this.tracing = tracing;
    }

    @Override
    public void handle(HttpExchange exchange) throws Exception {
        Map<String, Object> body = Json.flatObject(Exchanges.body(exchange));
        if (!(body.get("amount_cents") instanceof Long cents) || cents < 1 || cents > MAX_AMOUNT_CENTS) {
            throw Problem.badRequest("invalid_payment",
                    "Expected {\"amount_cents\": n} with a whole n from 1 to " + MAX_AMOUNT_CENTS + ".");
        }
        tracing.attribute("payment.amount_cents", cents);
        boolean accepted = tracing.inSpan("authorize card", () -> {
            Latency.pass(latency.around(faults.payment(), SIGMA));
            return !latency.chance(DECLINED);
        });
        if (!accepted) {
            log.warn("payments", "card declined").with("amount_cents", cents).write();
            throw new Problem(402, "card_declined", "Payment required", "The bank declined the card.");
        }
        metrics.payment(cents);
        String id = "pay_" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        Exchanges.answerJson(exchange, 201, json -> {
            json.writeStartObject();
            json.writeStringField("payment_id", id);
            json.writeNumberField("amount_cents", cents);
            json.writeEndObject();
        });
    }
}
