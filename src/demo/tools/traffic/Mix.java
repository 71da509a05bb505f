package demo.tools.traffic;

import demo.settings.Setting;
import demo.settings.Settings;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The shares of the kinds of visit, written {@code menu=50,order=35,lookup=15}. The share of an omitted kind is 0.
 *
 * @param shares whole numbers of any sum, at least one of them above zero
 */
record Mix(Map<Kind, Integer> shares) {
    private static final Pattern SHARE = Pattern.compile("\\s*(menu|order|lookup|bad)\\s*=\\s*(\\d{1,3}|1000)\\s*");

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

    /** Reads TRAFFIC_MIX. */
    static Mix of(Settings settings) {
        var shares = new EnumMap<Kind, Integer>(Kind.class);
        for (var part : settings.text(Setting.TRAFFIC_MIX).split(",", -1)) {
            var share = SHARE.matcher(part);
            if (!share.matches() || shares.put(Kind.valueOf(share.group(1).toUpperCase(Locale.ROOT)),
                    Integer.valueOf(share.group(2))) != null) {
                shares.clear();
                break;
            }
        }
        if (shares.values().stream().allMatch(share -> share == 0)) {
            throw settings.bad(Setting.TRAFFIC_MIX,
                    "must be shares such as menu=50,order=35,lookup=15,bad=0, each from 0 to 1000, not all 0");
        }
        return new Mix(shares);
    }

    /** Maps a point in [0, 1) to a kind: each kind covers a part of the interval that is as long as its share. */
    Kind at(double point) {
        int left = (int) (point * shares.values().stream().mapToInt(Integer::intValue).sum());
        for (var share : shares.entrySet()) {
            left -= share.getValue();
            if (left < 0) {
                return share.getKey();
            }
        }
        throw new IllegalArgumentException("expected a point in [0, 1), got " + point);
    }
}
