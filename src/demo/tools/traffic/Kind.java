package demo.tools.traffic;

import java.util.Locale;

/** What a visit does; the names of {@code TRAFFIC_MIX}. */
enum Kind {
    /** {@code GET /menu}. */
    MENU,
    /** {@code POST /orders} of something on the menu. */
    ORDER,
    /** {@code GET /orders/{id}} of an order taken earlier. */
    LOOKUP,
    /** A request that deserves a 4xx. */
    BAD;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
