package demo.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What the shop sells; {@code GET /menu}. */
final class Menu implements Route.Handler {
    private static final List<Item> ITEMS = List.of(
            new Item("espresso", 250), new Item("filter", 300), new Item("cappuccino", 380),
            new Item("flat white", 400), new Item("tea", 280), new Item("croissant", 320),
            new Item("cheesecake", 480), new Item("sandwich", 650));

    private static final Map<String, Item> BY_NAME =
            ITEMS.stream().collect(Collectors.toUnmodifiableMap(Item::name, Function.identity()));

    record Item(String name, long priceCents) {
    }

    /** Null when the shop has no such thing. */
    Item item(String name) {
        return BY_NAME.get(name);
    }

    List<Item> items() {
        return ITEMS;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        Exchanges.answerJson(exchange, 200, Menu::write);
    }

    private static void write(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("menu");
        for (Item item : ITEMS) {
            json.writeStartObject();
            json.writeStringField("item", item.name());
            json.writeNumberField("price_cents", item.priceCents());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
