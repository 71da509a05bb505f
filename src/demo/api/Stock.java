package demo.api;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/**
 * What is left of each item. A delivery fills the shelf again a minute after the last one; what sells faster than
 * that runs out. Any thread may call.
 */
final class Stock {
    static final int SHELF = 100_000;
    static final int CHEESECAKES = 12;
    private static final Duration BETWEEN_DELIVERIES = Duration.ofMinutes(1);

    private final Menu menu;
    private final InstantSource clock;
    private final Map<String, Integer> left = new HashMap<>(); // guarded by this
    private Instant nextDelivery; // guarded by this

    Stock(Menu menu, InstantSource clock) {
        this.menu = menu;
        this.clock = clock;
        deliver();
    }

    /** Takes {@code quantity} off the shelf; false, and nothing taken, when there is less. */
    synchronized boolean take(Menu.Item item, int quantity) {
        if (!clock.instant().isBefore(nextDelivery)) {
            deliver();
        }
        int there = left.get(item.name());
        if (there < quantity) {
            return false;
        }
        left.put(item.name(), there - quantity);
        return true;
    }

    /** Puts back what an order took that then was not paid. */
    synchronized void putBack(Menu.Item item, int quantity) {
        left.merge(item.name(), quantity, Integer::sum);
    }

    private synchronized void deliver() {
        menu.items().forEach(item -> left.put(item.name(), item.name().equals("cheesecake") ? CHEESECAKES : SHELF));
        nextDelivery = clock.instant().plus(BETWEEN_DELIVERIES);
    }
}
