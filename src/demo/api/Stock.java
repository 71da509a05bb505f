package demo.api;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/**
 * The quantity left of each item. A delivery once a minute fills the stock; an item that sells faster runs out. Any
 * thread may call.
 */
final class Stock {
    static final int FULL = 100_000;
    /** Few, so that a visitor can see the response 409. */
    static final int FULL_CHEESECAKE = 12;
    private static final Duration BETWEEN_DELIVERIES = Duration.ofMinutes(1);

    private final InstantSource clock;
    private final Map<String, Integer> left = new HashMap<>(); // guarded by this
    private Instant nextDelivery; // guarded by this

    Stock(InstantSource clock) {
        this.clock = clock;
        deliver();
    }

    /** Takes {@code quantity}; takes nothing and returns false when less is left. */
    synchronized boolean take(Menu.Item item, int quantity) {
        if (!clock.instant().isBefore(nextDelivery)) {
            deliver();
        }
        int available = left.get(item.item());
        if (available < quantity) {
            return false;
        }
        left.put(item.item(), available - quantity);
        return true;
    }

    /** Returns the items of an order that was not paid; after a delivery the stock is already full. */
    synchronized void putBack(Menu.Item item, int quantity) {
        left.put(item.item(), Math.min(full(item), left.get(item.item()) + quantity));
    }

    private synchronized void deliver() {
        Menu.ITEMS.forEach(item -> left.put(item.item(), full(item)));
        nextDelivery = clock.instant().plus(BETWEEN_DELIVERIES);
    }

    private static int full(Menu.Item item) {
        return item.item().equals("cheesecake") ? FULL_CHEESECAKE : FULL;
    }
}
