package demo.api;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The items that the shop sells. */
final class Menu {
    private static final List<Item> ITEMS = List.of(
            new Item("espresso", 250), new Item("filter", 300), new Item("cappuccino", 380),
            new Item("flat white", 400), new Item("tea", 280), new Item("croissant", 320),
            new Item("cheesecake", 480), new Item("sandwich", 650));

    private static final Map<String, Item> BY_NAME =
            ITEMS.stream().collect(Collectors.toUnmodifiableMap(Item::name, Function.identity()));

    record Item(String name, long priceCents) {}

    /** Null when the menu has no such item. */
    Item item(String name) {
        return BY_NAME.get(name);
    }

    List<Item> items() {
        return ITEMS;
    }
}
