package demo.tools.traffic;

import demo.json.Json;
import demo.tools.traffic.Mix.Kind;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Builds the request of a visit. A lookup is for one of the last 1024 orders. Any thread may call. */
final class Requests {
    record Order(String item, long quantity) {}

    private static final List<String> ITEMS = List.of("espresso", "filter", "cappuccino", "flat white", "tea",
            "croissant", "cheesecake", "sandwich");
    private static final int MAX_ORDERS = 1024;
    private static final int MAX_QUANTITY = 4;

    private final URI target;
    private final List<String> orders = new ArrayList<>(); // guarded by this

    Requests(URI target) {
        this.target = target;
    }

    /** @param location the path of an order, from the header of that name */
    synchronized void rememberOrder(String location) {
        if (orders.size() == MAX_ORDERS) {
            orders.removeFirst();
        }
        orders.add(location);
    }

    /** A lookup needs an earlier order. */
    HttpRequest of(Kind kind, long choice) {
        return switch (kind) {
            case MENU -> get("/menu");
            case ORDER -> post(Json.write(new Order(item(choice), 1 + choice / ITEMS.size() % MAX_QUANTITY)));
            case LOOKUP -> get(order(choice));
            case BAD -> switch ((int) (choice % 6)) {
                case 0 -> post("{\"item\":".getBytes(StandardCharsets.UTF_8));
                case 1 -> post(Json.write(new Order("petrol", 1)));
                case 2 -> post(Json.write(new Order(item(choice), 0)));
                case 3 -> get("/orders/no-such-order");
                case 4 -> get("/no-such-page");
                default -> request("/menu").DELETE().build();
            };
        };
    }

    private String item(long choice) {
        return ITEMS.get((int) (choice % ITEMS.size()));
    }

    private synchronized String order(long choice) {
        return orders.get((int) (choice % orders.size()));
    }

    private HttpRequest get(String path) {
        return request(path).build();
    }

    private HttpRequest post(byte[] json) {
        return request("/orders").header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(json)).build();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(target.resolve(path)).header("User-Agent", "demo-traffic");
    }
}
