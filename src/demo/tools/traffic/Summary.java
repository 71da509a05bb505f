package demo.tools.traffic;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is said at the end of a run: a table with a row for each kind of visit that happened, then the reasons. */
final class Summary {
    private static final List<String> HEAD = List.of("", "sent", "2xx", "3xx", "4xx", "5xx", "no answer", "not sent",
            "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms");
    private static final double[] SHARES = {0.5, 0.9, 0.99, 0.999};

    private final String target;
    private final long seed;
    private final double askedPerSecond;

    Summary(String target, long seed, double askedPerSecond) {
        this.target = target;
        this.seed = seed;
        this.askedPerSecond = askedPerSecond;
    }

    String of(Tallies tallies, Duration took) {
        var all = tallies.all();
        long arrivals = all.sent() + all.notSentCount();
        var rows = new ArrayList<List<String>>();
        rows.add(HEAD);
        for (var kind : Kind.values()) {
            var tally = tallies.of(kind);
            if (tally.sent() + tally.notSentCount() > 0) {
                rows.add(row(kind.toString(), tally));
            }
        }
        rows.add(row("all", all));
        var lines = new ArrayList<String>();
        lines.add(format("%s, %.1f s, %,d arrivals (%,.1f/s asked, %,.1f/s made), seed %d", target,
                took.toNanos() / 1e9, arrivals, askedPerSecond, arrivals / (took.toNanos() / 1e9), seed));
        lines.addAll(aligned(rows));
        for (var kind : Kind.values()) {
            var reasons = reasons(tallies.of(kind));
            if (!reasons.isEmpty()) {
                lines.add("no answer to " + kind + ": " + reasons);
            }
        }
        lines.add(format("Latency counts from the moment a visit was due, answered ones only; visits began at most %s ms"
                + " late (p99 %s).", millis(tallies.lateness().maxNanos()),
                millis(tallies.lateness().percentileNanos(0.99))));
        return String.join("\n", lines);
    }

    private static List<String> row(String name, Tally tally) {
        var row = new ArrayList<String>();
        row.add(name);
        row.add(count(tally.sent()));
        for (int statusClass = 2; statusClass <= 5; statusClass++) {
            row.add(count(tally.answers(statusClass)));
        }
        row.add(count(tally.failures()));
        row.add(count(tally.notSentCount()));
        boolean none = tally.answers() == 0;
        for (var share : SHARES) {
            row.add(none ? "-" : millis(tally.latencies().percentileNanos(share)));
        }
        row.add(none ? "-" : millis(tally.latencies().maxNanos()));
        return row;
    }

    private static String reasons(Tally tally) {
        return Arrays.stream(Failure.values()).filter(failure -> tally.failures(failure) > 0)
                .map(failure -> failure + " " + count(tally.failures(failure))).collect(Collectors.joining(", "));
    }

    /** The first column to the left, the others to the right. */
    private static List<String> aligned(List<List<String>> rows) {
        var widths = new int[HEAD.size()];
        rows.forEach(row -> Arrays.setAll(widths, i -> Math.max(widths[i], row.get(i).length())));
        return rows.stream().map(row -> {
            var line = new StringBuilder(row.getFirst()).repeat(' ', widths[0] - row.getFirst().length());
            for (int i = 1; i < row.size(); i++) {
                line.repeat(' ', 2 + widths[i] - row.get(i).length()).append(row.get(i));
            }
            return line.toString();
        }).toList();
    }

    private static String count(long count) {
        return format("%,d", count);
    }

    /** Three digits or more of a time in milliseconds. */
    static String millis(long nanos) {
        double millis = nanos / 1e6;
        return format(millis < 10 ? "%.2f" : millis < 100 ? "%.1f" : "%,.0f", millis);
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
