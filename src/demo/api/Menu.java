package demo.api;

import java.util.List;

/** The items that the shop sells. */
final class Menu {
    static final List<Item> ITEMS = List.of(
            new Item("espresso", 250), new Item("filter", 300), new Item("cappuccino", 380),
            new Item("flat white", 400), new Item("tea", 280), new Item("croissant", 320),
            new Item("cheesecake", 480), new Item("sandwich", 650));

    private Menu() { }

    /** It is also an entry of the response body, so its components have the names of the JSON fields. */
    record Item(String item, long price_cents) {}

    /** Null when the menu has no such item. */
    static Item find(String name) {
        return ITEMS.stream().filter(item -> item.item().equals(name)).findFirst().orElse(null);
    }
}
