package demo.tools.traffic;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * What the generator knows of the coffee shop: its address, its menu and the last 1024 orders that it took. It turns a
 * choice into the bytes of a request. Any thread may call.
 */
final class Shop {
    private static final int REMEMBERED = 1024;
    private static final int MOST_CUPS = 4;

    private final String authority;
    private volatile List<String> menu = List.of();
    private final AtomicReferenceArray<String> orders = new AtomicReferenceArray<>(REMEMBERED);
    private final AtomicLong ordersSeen = new AtomicLong();

    Shop(URI target) {
        authority = target.getAuthority();
    }

    /** @throws ProtocolException when {@code json} is not {@code {"menu": [{"item": "espresso", …}, …]}} */
    void learnMenu(byte[] json) throws IOException {
        var items = new ArrayList<String>();
        try (var parser = new JsonFactory().createParser(json)) {
            for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.FIELD_NAME && parser.currentName().equals("item")) {
                    parser.nextToken();
                    items.add(parser.getText());
                }
            }
        } catch (IOException e) {
            throw new ProtocolException("the menu is not JSON: " + e.getMessage());
        }
        if (items.isEmpty()) {
            throw new ProtocolException("the menu has no item");
        }
        menu = List.copyOf(items);
    }

    /** Remembers the order at {@code location}, the path that the service gave it. */
    void learnOrder(String location) {
        synchronized (orders) { // the place is filled before a look-up may choose it
            orders.set((int) (ordersSeen.get() % REMEMBERED), location);
            ordersSeen.incrementAndGet();
        }
    }

    boolean knowsMenu() {
        return !menu.isEmpty();
    }

    boolean knowsAnOrder() {
        return orders.get(0) != null;
    }

    /** The request of {@code kind} that {@code choice} picks. The menu must be known, and for a lookup an order. */
    byte[] request(Kind kind, long choice) {
        return switch (kind) {
            case MENU -> get("/menu");
            case ORDER -> post("/orders", "{\"item\":\"" + item(choice) + "\",\"quantity\":" + quantity(choice) + "}");
            case LOOKUP -> get(orders.get((int) (choice % Math.min(ordersSeen.get(), REMEMBERED))));
            case BAD -> mistake(choice);
        };
    }

    private String item(long choice) {
        return menu.get((int) (choice % menu.size()));
    }

    private long quantity(long choice) {
        return 1 + choice / menu.size() % MOST_CUPS;
    }

    private byte[] mistake(long choice) {
        return switch ((int) (choice % 6)) {
            case 0 -> post("/orders", "{\"item\":");
            case 1 -> post("/orders", "{\"item\":\"petrol\",\"quantity\":1}");
            case 2 -> post("/orders", "{\"item\":\"" + item(choice) + "\",\"quantity\":0}");
            case 3 -> get("/orders/no-such-order");
            case 4 -> get("/no-such-page");
            default -> message("DELETE", "/menu", "");
        };
    }

    private byte[] get(String path) {
        return message("GET", path, "");
    }

    private byte[] post(String path, String json) {
        return message("POST", path, json);
    }

    private byte[] message(String method, String path, String body) {
        var json = body.getBytes(StandardCharsets.UTF_8);
        var head = method + " " + path + " HTTP/1.1\r\nHost: " + authority + "\r\nUser-Agent: demo-traffic\r\n"
                + (json.length == 0 ? "" : "Content-Type: application/json\r\nContent-Length: " + json.length + "\r\n")
                + "\r\n";
        var message = new byte[head.length() + json.length];
        System.arraycopy(head.getBytes(StandardCharsets.ISO_8859_1), 0, message, 0, head.length());
        System.arraycopy(json, 0, message, head.length(), json.length);
        return message;
    }
}
