package demo.api;

import com.sun.net.httpserver.HttpExchange;
import demo.log.Log;
import demo.metrics.Metrics;
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
 *     check stock             our span
 *     POST                    client span (agent)
 *       POST /payments        server span (agent)
 *         authorize card      our span
 * </pre>
 */
final class OrderHandler {
    private static final Duration STOCK_CHECK = Duration.ofMillis(3);
    private static final double SIGMA = 0.4;
    private static final double LOOKUP_FAILURES = 0.4;

    private final Menu menu;
    private final Stock stock;
    private final PaymentClient payments;
    private final OrderBook book;
    private final Latency latency;
    private final Faults faults;
    private final InstantSource clock;
    private final Log log;
    private final Metrics metrics;
    private final Tracing tracing;
    private final Object priceList = new Object();

    OrderHandler(Menu menu, Stock stock, PaymentClient payments, OrderBook book, Latency latency, Faults faults,
                 InstantSource clock, Log log, Metrics metrics, Tracing tracing) {
        this.menu = menu;
        this.stock = stock;
        this.payments = payments;
        this.book = book;
        this.latency = latency;
        this.faults = faults;
        this.clock = clock;
        this.log = log;
        this.metrics = metrics;
        this.tracing = tracing;
    }

    void place(HttpExchange exchange) throws Exception {
        String outcome = "failed";
        try {
            Order order = placed(Json.flatObject(Exchanges.body(exchange)));
            outcome = "placed";
            exchange.getResponseHeaders().set("Location", "/orders/" + order.id());
            Exchanges.answerJson(exchange, 201, order::write);
        } catch (Problem problem) {
            outcome = problem.status() == 400 || problem.status() == 413 ? "invalid" : problem.type();
            throw problem;
        } finally {
            metrics.orders(outcome).inc();
        }
    }

    private Order placed(Map<String, Object> wish) throws Exception {
        if (!(wish.get("item") instanceof String name) || menu.item(name) == null) {
            throw Problem.badRequest("invalid_order", "Expected \"item\" to be one that GET /menu lists.");
        }
        if (!(wish.get("quantity") instanceof Long wanted) || wanted < 1 || wanted > Order.MAX_QUANTITY) {
            throw Problem.badRequest("invalid_order",
                    "Expected \"quantity\" to be a whole number from 1 to " + Order.MAX_QUANTITY + ".");
        }
        Menu.Item item = menu.item(name);
        int quantity = wanted.intValue();
        String id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        tracing.attribute("order.id", id);
        tracing.attribute("order.item", item.name());
        tracing.attribute("order.quantity", quantity);

        reserve(item, quantity);
        String paymentId;
        try {
            paymentId = payments.pay(id, price(item, quantity));
        } catch (Problem unpaid) {
            stock.putBack(item, quantity);
            throw unpaid;
        }
        var order = new Order(id, item, quantity, clock.instant(), paymentId);
        book.add(order);
        faults.leak();
        log.info("orders", "order placed").with("order_id", id).with("item", item.name()).with("quantity", quantity)
                .with("total_cents", order.totalCents()).write();
        return order;
    }

    private void reserve(Menu.Item item, int quantity) throws Exception {
        boolean reserved = tracing.inSpan("check stock", () -> {
            Latency.pass(latency.around(STOCK_CHECK, SIGMA));
            boolean there = stock.take(item, quantity);
            if (!there) {
                tracing.failed("out_of_stock", "not enough " + item.name());
            }
            return there;
        });
        if (!reserved) {
            throw new Problem(409, "out_of_stock", "Conflict", "There is not enough " + item.name()
                    + " left; the next delivery is within a minute.");
        }
    }

    private long price(Menu.Item item, int quantity) {
        synchronized (priceList) {
            Latency.pass(faults.pricing());
            return item.priceCents() * quantity;
        }
    }

    void find(HttpExchange exchange) throws IOException, Problem {
        Order order = book.find(Route.parameter(exchange));
        if (order == null) {
            throw Problem.notFound("There is no order of that id, or it is no longer kept.");
        }
        if (faults.on(Faults.Fault.ERROR_BURST) && latency.chance(LOOKUP_FAILURES)) {
            throw new IllegalStateException("order " + order.id() + " has no receipt");
        }
        Exchanges.answerJson(exchange, 200, order::write);
    }
}
