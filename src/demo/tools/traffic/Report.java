package demo.tools.traffic;

import demo.tools.traffic.Mix.Kind;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The texts that a person reads during and after a run. Digits are ASCII in every locale. Not thread-safe. */
final class Report {
    /** A longer progress line would wrap on a terminal of 80 columns, and a wrapped line cannot be rewritten. */
    private static final int MAX_WIDTH = 79;
    private static final String ROW = "%-6s %9s %9s %7s %9s %9s %12s %9s %8s %8s %8s %9s %8s";

    private final Map<Kind, Results> byKind;
    private Results previous = Results.sum(List.of());

    Report(Map<Kind, Results> byKind) {
        this.byKind = byKind;
    }

    /** One line: rate and latency since the last call, the other counts since the start. */
    String progress(long second, int inFlight) {
        var now = Results.sum(byKind.values());
        var latencies = new Histogram().add(1, now.latencies).add(-1, previous.latencies);
        previous = now;
        long noResponse = now.count(Outcome.NO_RESPONSE);
        long notSent = now.get(Outcome.NOT_SENT);
        var line = format("%d s  %,d/s  p50 %s  p99 %s ms  in flight %,d  4xx %,d  5xx %,d", second, latencies.count(),
                millis(latencies.percentileNanos(0.5)), millis(latencies.percentileNanos(0.99)), inFlight,
                now.get(Outcome.STATUS_4XX), now.get(Outcome.STATUS_5XX))
                + (noResponse == 0 ? "" : format("  no response %,d", noResponse))
                + (notSent == 0 ? "" : format("  not sent %,d", notSent));
        return line.substring(0, Math.min(line.length(), MAX_WIDTH));
    }

    /** A table with one row for each kind that occurred, then the reasons for missing responses. */
    String summary(URI target, long seed, double requestedPerSecond, Duration took) {
        var all = Results.sum(byKind.values());
        long arrivals = all.count(List.of(Outcome.values()));
        double seconds = took.toNanos() / 1e9;
        var lines = new ArrayList<String>();
        lines.add(format("%s, %.1f s, %,d arrivals (%,.1f/s requested, %,.1f/s made), seed %d", target, seconds,
                arrivals, requestedPerSecond, arrivals / seconds, seed));
        lines.add(format(ROW, "", "sent", "2xx", "3xx", "4xx", "5xx", "no response", "not sent", "p50 ms", "p90 ms",
                "p99 ms", "p99.9 ms", "max ms"));
        byKind.forEach((kind, results) -> {
            if (results.count(List.of(Outcome.values())) > 0) {
                lines.add(row(kind.toString(), Results.sum(List.of(results))));
            }
        });
        lines.add(row("all", all));
        Outcome.NO_RESPONSE.stream().filter(reason -> all.get(reason) > 0).forEach(reason ->
                lines.add("no response, " + reason + ": " + count(all.get(reason))));
        if (all.get(Outcome.CANCELLED) > 0) {
            lines.add("in flight at the stop, cancelled and not counted above: " + count(all.get(Outcome.CANCELLED)));
        }
        lines.add("Latency counts from the moment a visit was due; visits without a response are left out.");
        lines.add(format("Visits started at most %s ms late (p99 %s).", millis(all.delays.maxNanos()),
                millis(all.delays.percentileNanos(0.99))));
        return String.join("\n", lines);
    }

    private static String row(String name, Results results) {
        var latencies = results.latencies;
        return format(ROW, name, count(results.count(Outcome.RESPONSES) + results.count(Outcome.NO_RESPONSE)),
                count(results.get(Outcome.STATUS_2XX)), count(results.get(Outcome.STATUS_3XX)),
                count(results.get(Outcome.STATUS_4XX)), count(results.get(Outcome.STATUS_5XX)),
                count(results.count(Outcome.NO_RESPONSE)), count(results.get(Outcome.NOT_SENT)),
                percentile(latencies, 0.5), percentile(latencies, 0.9), percentile(latencies, 0.99),
                percentile(latencies, 0.999), percentile(latencies, 1));
    }

    private static String percentile(Histogram latencies, double share) {
        return latencies.count() == 0 ? "-" : millis(latencies.percentileNanos(share));
    }

    private static String count(long count) {
        return format("%,d", count);
    }

    private static String millis(long nanos) {
        double millis = nanos / 1e6;
        return format(millis < 10 ? "%.2f" : millis < 100 ? "%.1f" : "%,.0f", millis);
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
