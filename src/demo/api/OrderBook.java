package demo.api;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * The order store: the newest 10,000 orders by id. A caller needs one of two connections, as with a database.
 *
 * <p>Any thread may call. A call blocks while both connections are in use.
 */
final class OrderBook {
    static final int MAX_ORDERS = 10_000;

    private final Faults faults;
    private final Semaphore connections = new Semaphore(2, true);
    private final Map<String, Order> orders = new LinkedHashMap<>() { // guarded by itself
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Order> eldest) {
            return size() > MAX_ORDERS;
        }
    };

    OrderBook(Faults faults) {
        this.faults = faults;
    }

    void add(Order order) {
        connections.acquireUninterruptibly();
        try {
            synchronized (orders) {
                orders.put(order.id(), order);
            }
        } finally {
            connections.release();
        }
    }

    /** Null when the order never existed or is no longer stored. */
    Order find(String id) {
        connections.acquireUninterruptibly();
        try {
            Latency.sleep(faults.lookup());
            synchronized (orders) {
                return orders.get(id);
            }
        } finally {
            connections.release();
        }
    }
}
