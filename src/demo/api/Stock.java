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

    private final Menu menu;
    private final InstantSource clock;
    private final Map<String, Integer> left = new HashMap<>(); // guarded by this
    private Instant nextDelivery; // guarded by this

    Stock(Menu menu, InstantSource clock) {
        this.menu = menu;
        this.clock = clock;
        deliver();
    }

    /** Takes {@code quantity}; takes nothing and returns false when less is left. */
    synchronized boolean take(Menu.Item item, int quantity) {
        if (!clock.instant().isBefore(nextDelivery)) {
            deliver();
        }
        int available = left.get(item.name());
        if (available < quantity) {
            return false;
        }
        left.put(item.name(), available - quantity);
        return true;
    }

    /** Returns the items of an order that was not paid. */
    synchronized void putBack(Menu.Item item, int quantity) {
        left.merge(item.name(), quantity, Integer::sum);
    }

    private synchronized void deliver() {
        menu.items().forEach(item ->
                left.put(item.name(), item.name().equals("cheesecake") ? FULL_CHEESECAKE : FULL));
        nextDelivery = clock.instant().plus(BETWEEN_DELIVERIES);
    }
}
