package demo.api;

import com.sun.net.httpserver.HttpExchange;
import demo.log.Log;
import demo.metrics.Metrics;
import demo.metrics.Metrics.OrderOutcome;
import demo.trace.Tracing;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * {@code POST /orders} and {@code GET /orders/{id}}.
 *
 * <pre>
 *   POST /orders              server span (agent)
 *     check stock             span of this class
 *     POST                    client span (agent)
 *       POST /payments        server span (agent)
 *         authorize card      span of PaymentHandler
 * </pre>
 */
record OrderHandler(Stock stock, PaymentClient payments, OrderBook book, Latency latency, Faults faults,
                    InstantSource clock, Log log, Metrics metrics, Tracing tracing) {
    private static final Duration STOCK_CHECK = Duration.ofMillis(3);
    private static final double SIGMA = 0.4;
    private static final double LOOKUP_FAILURES = 0.4;
    private static final Object PRICE_LIST = new Object(); // a lock, for the fault lock-contention

    void place(HttpExchange exchange) throws Exception {
        var outcome = OrderOutcome.INTERNAL_ERROR;
        try {
            Order order = placeOrder(RequestBody.read(exchange));
            outcome = OrderOutcome.PLACED;
            exchange.getResponseHeaders().set("Location", "/orders/" + order.id());
            Responses.sendJson(exchange, 201, order);
        } catch (Problem problem) {
            outcome = switch (problem.type) {
                case "out_of_stock" -> OrderOutcome.OUT_OF_STOCK;
                case "card_declined" -> OrderOutcome.CARD_DECLINED;
                case "payment_unavailable" -> OrderOutcome.PAYMENT_UNAVAILABLE;
                default -> OrderOutcome.INVALID;
            };
            throw problem;
        } catch (IOException disconnected) {
            outcome = outcome == OrderOutcome.PLACED ? outcome : OrderOutcome.ABORTED;
            throw disconnected;
        } finally {
            metrics.order(outcome);
        }
    }

    private Order placeOrder(Map<String, Object> body) throws Exception {
        if (!(body.get("item") instanceof String name) || !(Menu.find(name) instanceof Menu.Item item)) {
            throw Problem.badRequest("invalid_order", "Expected \"item\" to be an item that GET /menu lists.");
        }
        if (!(body.get("quantity") instanceof Integer quantity) || quantity < 1 || quantity > Order.MAX_QUANTITY) {
            throw Problem.badRequest("invalid_order",
                    "Expected \"quantity\" to be a whole number from 1 to " + Order.MAX_QUANTITY + ".");
        }
        String id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        tracing.attribute("order.id", id);
        tracing.attribute("order.item", item.item());
        tracing.attribute("order.quantity", quantity);

        reserve(item, quantity);
        Order order;
        try {
            long totalCents = price(item, quantity);
            order = new Order(id, item.item(), quantity, totalCents, clock.instant().toString(),
                    payments.pay(id, totalCents));
        } catch (Throwable unpaid) {
            stock.putBack(item, quantity);
            throw unpaid;
        }
        book.add(order);
        faults.leak();
        log.info("orders", "order placed").with("order_id", id).with("item", order.item()).with("quantity", quantity)
                .with("total_cents", order.total_cents()).write();
        return order;
    }

    private void reserve(Menu.Item item, int quantity) throws Exception {
        boolean reserved = tracing.inSpan("check stock", () -> {
            Latency.sleep(latency.around(STOCK_CHECK, SIGMA));
            boolean taken = stock.take(item, quantity);
            if (!taken) {
                tracing.failed("out_of_stock", "not enough " + item.item());
            }
            return taken;
        });
        if (!reserved) {
            throw new Problem(409, "out_of_stock", "Conflict", "There is not enough " + item.item()
                    + " left; the next delivery is within a minute.");
        }
    }

    private long price(Menu.Item item, int quantity) {
        synchronized (PRICE_LIST) {
            Latency.sleep(faults.pricing());
            return item.price_cents() * quantity;
        }
    }

    void find(HttpExchange exchange) throws IOException, Problem {
        Order order = book.find(Route.parameter(exchange));
        if (order == null) {
            throw Problem.notFound("There is no order with this id, or it is no longer stored.");
        }
        if (faults.on(Faults.Fault.ERROR_BURST) && latency.chance(LOOKUP_FAILURES)) {
            throw new IllegalStateException("order " + order.id() + " has no receipt");
        }
        Responses.sendJson(exchange, 200, order);
    }
}
