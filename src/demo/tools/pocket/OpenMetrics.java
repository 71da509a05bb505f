package demo.tools.pocket;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads OpenMetrics text, the format in which a service shows its metrics to a scraper. A malformed line ends the
 * reading with an {@link IllegalArgumentException} that names the line.
 *
 * <pre>
 * http_server_request_duration_seconds_bucket{http_route="/menu",le="0.01"} 7 # {trace_id="4bf9…"} 0.0031 1700000000.1
 * └ name                                     └ labels                      └ value └ exemplar: labels, value, time
 * </pre>
 */
final class OpenMetrics {
    /** One request that a bucket counted: its trace ("" if unknown), its value, its epoch seconds (or NaN). */
    record Exemplar(String trace, double value, double epochSeconds) {}

    /** One line; {@code exemplar} is null if the line has none. */
    record Sample(String name, Map<String, String> labels, double value, Exemplar exemplar) {
        /** "" if absent. */
        String label(String name) {
            return labels.getOrDefault(name, "");
        }
    }

    // Possessive quantifiers (*+) never backtrack, so that the time is linear in the line's length.
    private static final String KEY = "[a-zA-Z_]\\w*+";
    private static final String VALUE = "(?:[^\"\\\\]|\\\\.)*+";
    private static final String LABELS = "\\{((?:" + KEY + "=\"" + VALUE + "\",?+)*+)}";
    private static final String NUMBER = " ([^ #]++)";
    private static final Pattern ONE_LABEL = Pattern.compile("(" + KEY + ")=\"(" + VALUE + ")\"");
    private static final Pattern ESCAPE = Pattern.compile("\\\\(.)");
    private static final Pattern LINE = Pattern.compile("([^{ ]++)(?:" + LABELS + ")?+" + NUMBER + "(?:" + NUMBER
            + ")?+(?: # " + LABELS + NUMBER + "(?:" + NUMBER + ")?+)?+");

    private OpenMetrics() {}

    /** The samples whose name is wanted, in the text's order. */
    static Stream<Sample> read(String text, Predicate<String> wanted) {
        return text.lines().filter(line -> !line.isEmpty() && line.charAt(0) != '#'
                && wanted.test(line.split("[{ ]", 2)[0])).map(OpenMetrics::sample);
    }

    private static Sample sample(String line) {
        Matcher part = LINE.matcher(line);
        try {
            if (part.matches()) { // group 4 is the sample's own time, which services rarely give
                return new Sample(part.group(1), labels(part.group(2)), number(part.group(3)),
                        part.group(6) == null ? null : new Exemplar(labels(part.group(5)).getOrDefault("trace_id", ""),
                                number(part.group(6)), number(part.group(7))));
            }
        } catch (NumberFormatException _) {
            // reported below, with the line
        }
        throw new IllegalArgumentException("metrics line must be OpenMetrics, was: " + line);
    }

    private static Map<String, String> labels(String text) {
        var labels = new LinkedHashMap<String, String>();
        for (Matcher label = ONE_LABEL.matcher(text == null ? "" : text); label.find(); ) {
            labels.put(label.group(1), ESCAPE.matcher(label.group(2)).replaceAll(escaped ->
                    Matcher.quoteReplacement(escaped.group(1).equals("n") ? "\n" : escaped.group(1))));
        }
        return labels;
    }

    /** NaN for null; {@code +Inf} is infinity. */
    static double number(String word) {
        return word == null ? Double.NaN : Double.parseDouble(word.replace("Inf", "Infinity"));
    }
}
