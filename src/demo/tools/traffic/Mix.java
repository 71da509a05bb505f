package demo.tools.traffic;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The shares of the kinds of visit, written {@code menu=50,order=35,lookup=15}. A kind that is not named has none.
 *
 * @param shares whole numbers of any sum, at least one of them above zero
 */
record Mix(Map<Kind, Integer> shares) {
    static final String RULE = "must be shares such as menu=50,order=35,lookup=15,bad=0, each from 0 to 1000, not all 0";
    private static final int MOST = 1000;

    Mix {
        shares = Map.copyOf(shares);
        if (shares.values().stream().anyMatch(share -> share < 0 || share > MOST)
                || shares.values().stream().allMatch(share -> share == 0)) {
            throw new IllegalArgumentException(RULE);
        }
    }

    /** @throws IllegalArgumentException with {@link #RULE} when {@code text} is not a mix */
    static Mix parse(String text) {
        var shares = new EnumMap<Kind, Integer>(Kind.class);
        for (var part : text.split(",", -1)) {
            int equals = part.indexOf('=');
            var kind = equals < 0 ? null : kind(part.substring(0, equals).strip());
            if (kind == null || shares.put(kind, share(part.substring(equals + 1).strip())) != null) {
                throw new IllegalArgumentException(RULE);
            }
        }
        return new Mix(shares);
    }

    /** The kind at {@code point} of the shares laid end to end; {@code point} is from 0 to below 1. */
    Kind at(double point) {
        int left = (int) (point * shares.values().stream().mapToInt(Integer::intValue).sum());
        for (var kind : Kind.values()) {
            left -= share(kind);
            if (left < 0) {
                return kind;
            }
        }
        throw new IllegalArgumentException("a point is from 0 to below 1, was " + point);
    }

    int share(Kind kind) {
        return shares.getOrDefault(kind, 0);
    }

    private static Kind kind(String name) {
        return Arrays.stream(Kind.values()).filter(kind -> kind.toString().equals(name)).findFirst().orElse(null);
    }

    private static int share(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(RULE);
        }
    }

    @Override
    public String toString() {
        return Arrays.stream(Kind.values()).filter(kind -> share(kind) > 0)
                .map(kind -> kind + "=" + share(kind)).collect(Collectors.joining(","));
    }
}
