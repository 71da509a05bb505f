package demo.settings;

import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The environment, read once and validated. Each typed reader throws {@link BadSetting} with one line that names the
 * setting, the rule and the value; {@link #orExit} prints that line and exits with code 2.
 *
 * <p>Unknown names are ignored, because other software uses {@code HTTP_*} and {@code LOG_*} too. A name that is
 * nearly one of ours is available from {@link #likelyTypos}.
 *
 * <p>Immutable. Any thread may call.
 */
public final class Settings {
    private static final int MAX_TYPO_EDITS = 2;
    private static final Map<String, Long> BYTES = Map.of("B", 1L, "kB", 1_000L, "KB", 1_000L, "MB", 1_000_000L,
            "GB", 1_000_000_000L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30);
    private static final Map<String, Long> MILLIS =
            Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "min", 60_000L, "h", 3_600_000L, "d", 86_400_000L);
    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d{1,15}(?:\\.\\d{1,6})?)\\s*([A-Za-z]*)");

    private final Map<Setting, String> values = new HashMap<>();
    private final List<String> unknownNames;

    private Settings(Map<String, String> environment) {
        var known = Arrays.stream(Setting.values()).collect(Collectors.toMap(Enum::name, Function.identity()));
        environment.forEach((name, value) -> {
            if (known.containsKey(name) && !value.isBlank()) {
                values.put(known.get(name), value.strip()); // also the \r of a Windows .env file
            }
        });
        unknownNames = environment.keySet().stream().filter(name -> !known.containsKey(name)).sorted().toList();
    }

    /** Reads {@code environment}. A blank value counts as absent. */
    public static Settings from(Map<String, String> environment) {
        return new Settings(environment);
    }

    /**
     * Passes the process's environment to {@code use}. A bad setting ends the process with code 2. Likely typos of
     * settings with these prefixes are reported on stderr; see {@link #likelyTypos}.
     */
    public static <T> T orExit(Function<Settings, T> use, String... prefixes) {
        try {
            var settings = from(System.getenv());
            settings.likelyTypos(prefixes).forEach(System.err::println);
            return use.apply(settings);
        } catch (BadSetting e) {
            System.err.println(e.getMessage());
            System.exit(2);
            throw e; // not reached
        }
    }

    /**
     * One sentence for each unknown name that starts with one of {@code prefixes} and is one or two edits away from a
     * setting. Each program passes prefixes of its own, so that only one of several started programs reports a typo.
     */
    public List<String> likelyTypos(String... prefixes) {
        return unknownNames.stream()
                .filter(name -> Arrays.stream(prefixes).anyMatch(name::startsWith))
                .flatMap(name -> Arrays.stream(Setting.values())
                        .min(Comparator.comparingInt(setting -> edits(name, setting.name())))
                        .filter(setting -> isTypo(name, setting.name()))
                        .map(setting -> name + " is not a setting and is ignored; did you mean " + setting + "?")
                        .stream())
                .toList();
    }

    private static boolean isTypo(String name, String setting) {
        int edits = edits(name, setting);
        return edits <= MAX_TYPO_EDITS && edits * 4 <= name.length();
    }

    public String text(Setting setting) {
        return values.getOrDefault(setting, setting.defaultValue());
    }

    /** The path as written; a relative path starts at the working directory. */
    public Path path(Setting setting) {
        try {
            return Path.of(text(setting));
        } catch (InvalidPathException e) {
            // For example é under LC_ALL=C, where the JDK cannot encode file names beyond ASCII.
            throw bad(setting, "must be a path that the locale can encode");
        }
    }

    /** True for {@code on}, false for {@code off}; other values are refused. */
    public boolean onOff(Setting setting) {
        return switch (text(setting).toLowerCase(Locale.ROOT)) {
            case "on" -> true;
            case "off" -> false;
            default -> throw bad(setting, "must be on or off");
        };
    }

    /** A constant of {@code type}, in upper or lower case. */
    public <E extends Enum<E>> E choice(Setting setting, Class<E> type) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> constant.name().equalsIgnoreCase(text(setting)))
                .findFirst()
                .orElseThrow(() -> bad(setting, "must be one of " + Stream.of(type.getEnumConstants())
                        .map(Enum::name).collect(Collectors.joining(", "))));
    }

    /** A TCP port, 0 (any free port) to 65535. */
    public int port(Setting setting) {
        return (int) number(setting, 0, 65_535);
    }

    /** The API's URL for a client on this machine: on {@code HTTP_HOST}, or on loopback if that is a wildcard address. */
    public URI api(int port, String path) {
        try {
            var address = InetAddress.getByName(text(Setting.HTTP_HOST));
            var host = address.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : address;
            return new URI("http", null, host.getHostAddress(), port, path, null, null);
        } catch (UnknownHostException | URISyntaxException e) {
            throw bad(Setting.HTTP_HOST, "must be an address of this machine");
        }
    }

    /** TRAFFIC_TARGET; when it is not set, the API on this machine. */
    public URI trafficTarget() {
        if (text(Setting.TRAFFIC_TARGET).isEmpty()) {
            if (port(Setting.HTTP_PORT) == 0) {
                throw bad(Setting.HTTP_PORT, "must be from 1 to 65535 when TRAFFIC_TARGET is not set");
            }
            return api(port(Setting.HTTP_PORT), "");
        }
        try {
            var target = new URI(text(Setting.TRAFFIC_TARGET));
            if ("http".equals(target.getScheme()) && target.getHost() != null && target.getPort() != 0
                    && target.getPort() <= 65_535 && target.getRawPath().matches("/?")
                    && target.getRawQuery() == null && target.getRawUserInfo() == null) {
                return target;
            }
        } catch (URISyntaxException e) {
            // Reported below.
        }
        throw bad(Setting.TRAFFIC_TARGET, "must be http://HOST[:PORT]");
    }

    /** A whole number from {@code min} to {@code max}. */
    public long number(Setting setting, long min, long max) {
        var rule = "must be a whole number from " + min + " to " + max;
        try {
            long value = Long.parseLong(text(setting));
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        throw bad(setting, rule);
    }

    /** A number from {@code min} to {@code max}, with or without a fraction. */
    public double decimal(Setting setting, double min, double max) {
        var rule = "must be a number from " + min + " to " + max;
        try {
            double value = Double.parseDouble(text(setting));
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        throw bad(setting, rule);
    }

    /** A size in bytes, at least {@code min} bytes. */
    public long bytes(Setting setting, long min) {
        return scaled(setting, BYTES, min, "must be a size such as 10MB or 512KiB, at least " + min + " B");
    }

    /** A duration, at least {@code min}. */
    public Duration duration(Setting setting, Duration min) {
        long millis = min.toMillis();
        var atLeast = millis == 0 ? "" : ", at least " + (millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms");
        return Duration.ofMillis(scaled(setting, MILLIS, millis, "must be a time such as 30s, 5m, 24h or 7d" + atLeast));
    }

    private long scaled(Setting setting, Map<String, Long> units, long min, String rule) {
        var matcher = NUMBER_AND_UNIT.matcher(text(setting));
        if (!matcher.matches() || !units.containsKey(matcher.group(2))) {
            throw bad(setting, rule);
        }
        var unit = BigDecimal.valueOf(units.get(matcher.group(2)));
        var value = new BigDecimal(matcher.group(1)).multiply(unit).toBigInteger();
        if (value.bitLength() > 62 || value.longValue() < min) {
            throw bad(setting, rule);
        }
        return value.longValue();
    }

    /** The exception to throw when {@code setting}'s value breaks {@code rule} ("must be …"). */
    public BadSetting bad(Setting setting, String rule) {
        return new BadSetting(setting + " " + rule + ", was '" + text(setting) + "'");
    }

    /** Levenshtein distance: the number of single-letter edits between two names. */
    private static int edits(String a, String b) {
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
