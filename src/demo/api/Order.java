package demo.api;

import java.time.Instant;

/** A paid order. */
record Order(String id, Menu.Item item, int quantity, Instant placedAt, String paymentId) {
    static final int MAX_QUANTITY = 20;

    /** The response body. */
    record Body(String id, String item, int quantity, long total_cents, String placed_at, String payment_id) {}

    Order {
        if (quantity < 1 || quantity > MAX_QUANTITY) {
            throw new IllegalArgumentException("quantity must be 1 to " + MAX_QUANTITY + ", was " + quantity);
        }
    }

    long totalCents() {
        return item.priceCents() * quantity;
    }

    Body body() {
        return new Body(id, item.name(), quantity, totalCents(), placedAt.toString(), paymentId);
    }
}
