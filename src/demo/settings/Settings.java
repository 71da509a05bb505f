package demo.settings;

import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
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
    private static final Map<String, Long> BYTES = Map.of("B", 1L, "kB", 1_000L, "KB", 1_000L, "MB", 1_000_000L,
            "GB", 1_000_000_000L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30);
    private static final Map<String, Long> MILLIS =
            Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "min", 60_000L, "h", 3_600_000L, "d", 86_400_000L);
    private static final Duration MAX_DURATION = Duration.ofDays(36_500);
    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d{1,15}(?:\\.\\d{1,6})?)\\s*([A-Za-z]*)");

    private final Map<String, String> environment;

    private Settings(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
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
     * One sentence for each unknown name that is one or two edits away from a setting that starts with one of
     * {@code prefixes}. Each program checks only its own prefixes, so that a typo is reported once.
     */
    public List<String> likelyTypos(String... prefixes) {
        var settings = Stream.of(Setting.values()).map(Enum::name).toList();
        return environment.keySet().stream().filter(name -> !settings.contains(name)).sorted()
                .flatMap(name -> settings.stream()
                        .filter(setting -> isNear(name, setting, Math.min(2, name.length() / 4))).limit(1)
                        .filter(setting -> Stream.of(prefixes).anyMatch(setting::startsWith))
                        .map(setting -> name + " is not a setting and is ignored; did you mean " + setting + "?"))
                .toList();
    }

    public String text(Setting setting) {
        String value = environment.getOrDefault(setting.name(), "").strip(); // also the \r of a Windows .env file
        return value.isEmpty() ? setting.defaultValue() : value;
    }

    /** The path of a file as written, relative or absolute. */
    public Path path(Setting setting) {
        try {
            Path path = Path.of(text(setting));
            if (path.getFileName() == null) {
                throw bad(setting, "must be a path with a file name");
            }
            return path;
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
        var constants = List.of(type.getEnumConstants());
        return constants.stream().filter(constant -> constant.name().equalsIgnoreCase(text(setting))).findFirst()
                .orElseThrow(() -> bad(setting, "must be one of "
                        + constants.stream().map(Enum::name).collect(Collectors.joining(", "))));
    }

    /** A TCP port, 0 (any free port) to 65535. */
    public int port(Setting setting) {
        return (int) number(setting, 0, 65_535);
    }

    /** The API's URL for a client on this machine: {@code HTTP_HOST}, or loopback for a wildcard address. */
    public URI api(int port, String path) {
        try {
            var address = InetAddress.getByName(text(Setting.HTTP_HOST));
            var host = address.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : address;
            return new URI("http", null, host.getHostAddress(), port, path, null, null);
        } catch (UnknownHostException | URISyntaxException e) {
            throw bad(Setting.HTTP_HOST, "must be an address of this machine");
        }
    }

    /** TRAFFIC_TARGET, or the API on this machine if TRAFFIC_TARGET is not set. */
    public URI trafficTarget() {
        if (text(Setting.TRAFFIC_TARGET).isEmpty()) {
            if (port(Setting.HTTP_PORT) == 0) {
                throw bad(Setting.HTTP_PORT, "must be from 1 to 65535 when TRAFFIC_TARGET is not set");
            }
            return api(port(Setting.HTTP_PORT), "");
        }
        return url(Setting.TRAFFIC_TARGET, "must be http://HOST[:PORT]", url -> url.getScheme().equals("http")
                && url.getRawPath().matches("/?") && url.getRawQuery() == null);
    }

    /** An http or https URL without user info and fragment that {@code isValid} accepts, too. */
    public URI url(Setting setting, String rule, Predicate<URI> isValid) {
        try {
            var url = new URI(text(setting));
            if (url.getScheme() != null && url.getScheme().matches("https?") && url.getHost() != null
                    && url.getPort() != 0 && url.getPort() <= 65_535 && url.getRawUserInfo() == null
                    && url.getRawFragment() == null && isValid.test(url)) {
                return url;
            }
        } catch (URISyntaxException e) {
            // Reported below.
        }
        throw bad(setting, rule);
    }

    /** A whole number from {@code min} to {@code max}. */
    public long number(Setting setting, long min, long max) {
        return number(setting, "a whole number", Long::valueOf, min, max);
    }

    /** A number from {@code min} to {@code max}, with or without a fraction. */
    public double decimal(Setting setting, double min, double max) {
        return number(setting, "a number", Double::valueOf, min, max);
    }

    private <N extends Comparable<N>> N number(Setting setting, String kind, Function<String, N> parser, N min, N max) {
        try {
            // The parsers also accept +5, 0x1p3, 5d and digits of other scripts.
            N value = parser.apply(text(setting).matches("-?\\d+(\\.\\d+)?") ? text(setting) : "");
            if (value.compareTo(min) >= 0 && value.compareTo(max) <= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        throw bad(setting, "must be " + kind + " from " + min + " to " + max);
    }

    /** A size in bytes, from {@code min} to {@code max}. */
    public long bytes(Setting setting, long min, long max) {
        return scaled(setting, BYTES, min, max, "must be a size such as 10MB or 512KiB, at least " + min
                + " B, at most " + max / 1_000_000_000 + " GB");
    }

    /** A duration, at least {@code min} and at most 100 years. */
    public Duration duration(Setting setting, Duration min) {
        long millis = min.toMillis();
        var rule = "must be a time such as 30s, 5m, 24h or 7d"
                + (millis == 0 ? "" : ", at least " + (millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms"))
                + ", at most " + MAX_DURATION.toDays() + "d";
        return Duration.ofMillis(scaled(setting, MILLIS, millis, MAX_DURATION.toMillis(), rule));
    }

    private long scaled(Setting setting, Map<String, Long> units, long min, long max, String rule) {
        var matcher = NUMBER_AND_UNIT.matcher(text(setting));
        if (!matcher.matches() || !units.containsKey(matcher.group(2))) {
            throw bad(setting, rule);
        }
        var unit = BigDecimal.valueOf(units.get(matcher.group(2)));
        var value = new BigDecimal(matcher.group(1)).multiply(unit).toBigInteger();
        if (value.bitLength() > 62 || value.longValue() < min || value.longValue() > max) {
            throw bad(setting, rule);
        }
        return value.longValue();
    }

    /** The exception to throw if the value of {@code setting} breaks {@code rule} ("must be …"). */
    public BadSetting bad(Setting setting, String rule) {
        return new BadSetting(setting + " " + rule + ", was '" + text(setting) + "'");
    }

    /** Whether at most {@code edits} letters must be inserted, deleted or replaced to make {@code b} from {@code a}. */
    private static boolean isNear(String a, String b, int edits) {
        int same = 0;
        while (same < a.length() && same < b.length() && a.charAt(same) == b.charAt(same)) {
            same++;
        }
        String restA = a.substring(same);
        String restB = b.substring(same);
        if (restA.isEmpty() || restB.isEmpty()) {
            return restA.length() + restB.length() <= edits;
        }
        return edits > 0 && (isNear(restA.substring(1), restB, edits - 1)
                || isNear(restA, restB.substring(1), edits - 1)
                || isNear(restA.substring(1), restB.substring(1), edits - 1));
    }
}
