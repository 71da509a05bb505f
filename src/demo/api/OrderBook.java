package demo.api;

import java.util.LinkedHashMap;
import java.util.Map;

/** The newest orders, by id; older ones are forgotten, so that a day of traffic fits in memory. Any thread may call. */
final class OrderBook {
    static final int MAX_ORDERS = 10_000;

    private final Map<String, Order> orders = new LinkedHashMap<>() { // guarded by itself
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Order> eldest) {
            return size() > MAX_ORDERS;
        }
    };

    void add(Order order) {
        synchronized (orders) {
            orders.put(order.id(), order);
        }
    }

    /** Null when there is none, or none any more. */
    Order find(String id) {
        synchronized (orders) {
            return orders.get(id);
        }
    }
}
