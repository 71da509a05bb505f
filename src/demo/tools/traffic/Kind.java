package demo.tools.traffic;

import java.util.Locale;

/** What a visit requests; the lower-case names are the names of {@code TRAFFIC_MIX}. */
enum Kind {
    /** {@code GET /menu}. */
    MENU,
    /** {@code POST /orders} for an item of the menu. */
    ORDER,
    /** {@code GET /orders/{id}} for an order that was placed earlier. */
    LOOKUP,
    /** A request that the service must reject with a 4xx. */
    BAD;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
