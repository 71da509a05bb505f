package demo.settings;

import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The environment, read once and checked. Every reader throws {@link BadSetting} with one line that names the setting,
 * the rule and the value; {@link #orExit} turns that into a line on stderr and exit code 2. Immutable, so any thread
 * may read.
 */
public final class Settings {
    /** Names that begin so are ours: one that is not in {@link Setting} is a mistake, and said to be one. */
    private static final List<String> OUR_PREFIXES =
            List.of("HTTP_", "LOG_", "FAULTS", "TRAFFIC_", "POCKET_", "PAYMENTS_", "SEED");

    /** Other programs' names that begin like ours. */
    private static final List<String> NOT_OURS = List.of("HTTP_PROXY", "HTTP_PROXY_AUTH");

    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d{1,15}(?:\\.\\d{1,6})?)\\s*([A-Za-z]*)");

    private final Map<Setting, String> values;

    private Settings(Map<Setting, String> values) {
        this.values = values;
    }

    /**
     * Reads {@code environment}; a name that looks like a setting and is none is refused, an empty value counts as
     * absent.
     */
    public static Settings from(Map<String, String> environment) {
        var values = new HashMap<Setting, String>();
        for (var entry : environment.entrySet()) {
            var name = entry.getKey();
            var setting = named(name);
            if (setting != null) {
                if (!entry.getValue().isBlank()) {
                    values.put(setting, entry.getValue().strip());
                }
            } else if (OUR_PREFIXES.stream().anyMatch(name::startsWith) && !NOT_OURS.contains(name)) {
                throw new BadSetting("unknown setting " + name + "; did you mean " + nearest(name) + "?");
            }
        }
        return new Settings(Map.copyOf(values));
    }

    /** Reads the process's environment and gives {@code use} the result; a bad setting ends the process with code 2. */
    public static <T> T orExit(java.util.function.Function<Settings, T> use) {
        try {
            return use.apply(from(System.getenv()));
        } catch (BadSetting e) {
            System.err.println(e.getMessage());
            System.exit(2);
            throw e; // not reached
        }
    }

    public String text(Setting setting) {
        return values.getOrDefault(setting, setting.defaultValue());
    }

    /** True for {@code on}, false for {@code off}, nothing else. */
    public boolean onOff(Setting setting) {
        return switch (text(setting).toLowerCase(Locale.ROOT)) {
            case "on" -> true;
            case "off" -> false;
            default -> throw bad(setting, "must be on or off");
        };
    }

    /** A constant of {@code type}, whatever its case. */
    public <E extends Enum<E>> E choice(Setting setting, Class<E> type) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> constant.name().equalsIgnoreCase(text(setting)))
                .findFirst()
                .orElseThrow(() -> bad(setting, "must be one of " + String.join(", ",
                        Stream.of(type.getEnumConstants()).map(Enum::name).toList())));
    }

    /** A TCP port, 0 (any free one) to 65535. */
    public int port(Setting setting) {
        return (int) number(setting, 0, 65_535);
    }

    /**
     * Where this machine reaches what listens on {@code HTTP_HOST}: there, or where that means every address, on loopback.
     */
    public URI api(int port, String path) {
        try {
            var address = InetAddress.getByName(text(Setting.HTTP_HOST));
            var host = address.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : address;
            return new URI("http", null, host.getHostAddress(), port, path, null, null);
        } catch (UnknownHostException | URISyntaxException e) {
            throw bad(Setting.HTTP_HOST, "must be an address of this machine");
        }
    }

    /** A whole number from {@code least} to {@code most}. */
    public long number(Setting setting, long least, long most) {
        var rule = "must be a whole number from " + least + " to " + most;
        long value;
        try {
            value = Long.parseLong(text(setting));
        } catch (NumberFormatException e) {
            throw bad(setting, rule);
        }
        if (value < least || value > most) {
            throw bad(setting, rule);
        }
        return value;
    }

    /** A number, with a fraction or not, from {@code least} to {@code most}. */
    public double decimal(Setting setting, double least, double most) {
        var rule = "must be a number from " + least + " to " + most;
        double value;
        try {
            value = Double.parseDouble(text(setting));
        } catch (NumberFormatException e) {
            throw bad(setting, rule);
        }
        if (!(value >= least && value <= most)) {
            throw bad(setting, rule);
        }
        return value;
    }

    /** A size in bytes, at least {@code least} bytes. */
    public long bytes(Setting setting, long least) {
        var rule = "must be a size such as 10MB or 512KiB, at least " + least + " B";
        var matcher = NUMBER_AND_UNIT.matcher(text(setting));
        if (!matcher.matches()) {
            throw bad(setting, rule);
        }
        long unit = switch (matcher.group(2)) {
            case "B" -> 1;
            case "kB", "KB" -> 1_000;
            case "MB" -> 1_000_000;
            case "GB" -> 1_000_000_000;
            case "KiB" -> 1L << 10;
            case "MiB" -> 1L << 20;
            case "GiB" -> 1L << 30;
            default -> throw bad(setting, rule);
        };
        return scaled(setting, matcher.group(1), unit, least, rule);
    }

    /** A time, at least {@code least}. */
    public Duration duration(Setting setting, Duration least) {
        var rule = "must be a time such as 30s, 5m, 24h or 7d" + (least.isZero() ? "" : ", at least " + spelled(least));
        var matcher = NUMBER_AND_UNIT.matcher(text(setting));
        if (!matcher.matches()) {
            throw bad(setting, rule);
        }
        long unitMillis = switch (matcher.group(2)) {
            case "ms" -> 1;
            case "s" -> 1_000;
            case "m", "min" -> 60_000;
            case "h" -> 3_600_000;
            case "d" -> 86_400_000;
            default -> throw bad(setting, rule);
        };
        return Duration.ofMillis(scaled(setting, matcher.group(1), unitMillis, least.toMillis(), rule));
    }

    private long scaled(Setting setting, String number, long unit, long least, String rule) {
        var value = new BigDecimal(number).multiply(BigDecimal.valueOf(unit)).toBigInteger();
        if (value.bitLength() > 62 || value.longValue() < least) {
            throw bad(setting, rule);
        }
        return value.longValue();
    }

    /** What to throw when {@code setting}'s value breaks {@code rule} ("must be …"). */
    public BadSetting bad(Setting setting, String rule) {
        return new BadSetting(setting + " " + rule + ", was '" + text(setting) + "'");
    }

    private static String spelled(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }

    private static Setting named(String name) {
        return Arrays.stream(Setting.values()).filter(s -> s.name().equals(name)).findFirst().orElse(null);
    }

    private static String nearest(String name) {
        return Stream.of(Setting.values()).map(Enum::name)
                .min((a, b) -> Integer.compare(distance(name, a), distance(name, b))).orElseThrow();
    }

    /** Levenshtein's: how many single-letter edits lie between the two. */
    private static int distance(String a, String b) {
        var row = new int[b.length() + 1];
        Arrays.setAll(row, i -> i);
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int substitution = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(substitution, 1 + Math.min(above, row[j - 1]));
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
