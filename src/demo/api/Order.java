package demo.api;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Instant;

/** An order that was placed and paid. */
record Order(String id, Menu.Item item, int quantity, Instant placedAt, String paymentId) {
    static final int MAX_QUANTITY = 20;

    Order {
        if (quantity < 1 || quantity > MAX_QUANTITY) {
            throw new IllegalArgumentException("quantity must be 1 to " + MAX_QUANTITY + ", was " + quantity);
        }
    }

    long totalCents() {
        return item.priceCents() * quantity;
    }

    void write(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", id);
        json.writeStringField("item", item.name());
        json.writeNumberField("quantity", quantity);
        json.writeNumberField("total_cents", totalCents());
        json.writeStringField("placed_at", placedAt.toString());
        json.writeStringField("payment_id", paymentId);
        json.writeEndObject();
    }
}
