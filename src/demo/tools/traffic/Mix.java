package demo.tools.traffic;

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
    static final String RULE =
            "must be shares such as menu=50,order=35,lookup=15,bad=0, each from 0 to 1000, not all 0";
    private static final Pattern SHARE = Pattern.compile("\\s*(menu|order|lookup|bad)\\s*=\\s*(\\d{1,3}|1000)\\s*");

    /** @throws IllegalArgumentException with {@link #RULE} when {@code text} is not a mix */
    static Mix parse(String text) {
        var shares = new EnumMap<Kind, Integer>(Kind.class);
        for (var part : text.split(",", -1)) {
            var share = SHARE.matcher(part);
            if (!share.matches() || shares.put(Kind.valueOf(share.group(1).toUpperCase(Locale.ROOT)),
                    Integer.valueOf(share.group(2))) != null) {
                throw new IllegalArgumentException(RULE);
            }
        }
        if (shares.values().stream().allMatch(share -> share == 0)) {
            throw new IllegalArgumentException(RULE);
        }
        return new Mix(shares);
    }

    /** Maps a point in [0, 1) to a kind: each kind covers a part of the interval that is as long as its share. */
    Kind at(double point) {
        int left = (int) (point * shares.values().stream().mapToInt(Integer::intValue).sum());
        for (var kind : Kind.values()) {
            left -= shares.getOrDefault(kind, 0);
            if (left < 0) {
                return kind;
            }
        }
        throw new IllegalArgumentException("expected a point in [0, 1), got " + point);
    }
}
