package demo.pocket;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Reads OpenMetrics text, the format in which a service shows its metrics to a scraper.
 *
 * <p>A line that breaks the format ends the reading with an {@link IllegalArgumentException} that names the line.
 *
 * <pre>
 * http_server_request_duration_seconds_bucket{http_route="/menu",le="0.01"} 7 # {trace_id="4bf9…"} 0.0031 1700000000.1
 * └ name                                     └ labels                      └ value └ exemplar: labels, value, time
 * </pre>
 */
final class OpenMetrics {
    /** One request that was counted in a bucket: which one (its trace), its value, and when in epoch seconds (or NaN). */
    record Exemplar(Map<String, String> labels, double value, double epochSeconds) {}

    /** One line; {@code exemplar} is null where the line has none. */
    record Sample(String name, Map<String, String> labels, double value, Exemplar exemplar) {}

    private final String line;
    private int at;

    private OpenMetrics(String line) {
        this.line = line;
    }

    /** Gives each sample whose name is wanted, in the text's order. */
    static void read(String text, Predicate<String> wanted, Consumer<Sample> sink) {
        text.lines().filter(line -> !line.isEmpty() && line.charAt(0) != '#').forEach(line -> {
            var reader = new OpenMetrics(line);
            String name = reader.until("{ ");
            if (wanted.test(name)) {
                sink.accept(reader.sample(name));
            }
        });
    }

    private Sample sample(String name) {
        Map<String, String> labels = labels();
        expect(' ');
        double value = number();
        if (peek() == ' ' && at + 1 < line.length() && line.charAt(at + 1) != '#') {
            at++;
            number(); // the sample's own time, which a scrape target rarely gives: the scrape's time is used
        }
        return new Sample(name, labels, value, at < line.length() ? exemplar() : null);
    }

    private Exemplar exemplar() {
        expect(' ');
        expect('#');
        expect(' ');
        Map<String, String> labels = labels();
        expect(' ');
        double value = number();
        double time = Double.NaN;
        if (peek() == ' ') {
            at++;
            time = number();
        }
        return new Exemplar(labels, value, time);
    }

    private Map<String, String> labels() {
        if (peek() != '{') {
            return Map.of();
        }
        at++;
        var labels = new LinkedHashMap<String, String>();
        while (more() != '}') {
            String key = until("=");
            expect('=');
            labels.put(key, quoted());
            if (peek() == ',') {
                at++;
            }
        }
        at++;
        return labels;
    }

    private String quoted() {
        expect('"');
        var value = new StringBuilder();
        while (more() != '"') {
            char c = line.charAt(at++);
            if (c == '\\') {
                c = more() == 'n' ? '\n' : more();
                at++;
            }
            value.append(c);
        }
        at++;
        return value.toString();
    }

    private double number() {
        int end = line.indexOf(' ', at);
        String word = line.substring(at, end < 0 ? line.length() : end);
        at += word.length();
        return parse(word);
    }

    private double parse(String word) {
        return switch (word) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> {
                try {
                    yield Double.parseDouble(word);
                } catch (NumberFormatException _) {
                    throw broken("a number");
                }
            }
        };
    }

    private String until(String ends) {
        int start = at;
        while (ends.indexOf(more()) < 0) {
            at++;
        }
        return line.substring(start, at);
    }

    private void expect(char c) {
        if (peek() != c) {
            throw broken("'" + c + "'");
        }
        at++;
    }

    /** The next character, or a line feed, which no line holds, at the end. */
    private char peek() {
        return at < line.length() ? line.charAt(at) : '\n';
    }

    private char more() {
        if (at >= line.length()) {
            throw broken("more text");
        }
        return line.charAt(at);
    }

    private IllegalArgumentException broken(String expected) {
        return new IllegalArgumentException("metrics line must have " + expected + " at column " + (at + 1) + ", was: " + line);
    }
}
