package demo.tools.verify;

import demo.json.Json;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;

/** What Loki has of the order, and of all lines that the service wrote. */
final class LokiChecks {
    private static final Set<String> LABELS = Set.of("service", "level", "method");
    /** Loki requires a selector that is not empty. A line that lacks our labels has one of the others. */
    private static final List<String> SELECTORS = List.of("{service=\"api\"}", "{service=~\".+\"}", "{level=~\".+\"}",
            "{service_name=~\".+\"}", "{job=~\".+\"}", "{filename=~\".+\"}");
    private static final Duration COUNTABLE = Duration.ofHours(24);
    /** The clocks of this machine and of a container differ by less. */
    private static final Duration CLOCK_DIFFERENCE = Duration.ofSeconds(1);
    private static final long UNKNOWN = -1;

    private final Endpoint loki;
    private final Endpoint api;
    private final boolean remote;
    private final InstantSource clock;
    private final AtomicLong writtenAtFirstCheck = new AtomicLong(UNKNOWN);

    LokiChecks(Deployment at, InstantSource clock) {
        loki = at.at("loki").with("X-Loki-Response-Encoding-Flags", "categorize-labels");
        api = at.at("api");
        remote = at.isRemote();
        this.clock = clock;
    }

    Finding line(TracedOrder order) throws IOException {
        int lines = find(order, "").stream().mapToInt(stream -> stream.at("values").items().size()).sum();
        return lines == 0 ? Finding.broken("a line with " + order.traceId() + " in Loki", "none")
                : Finding.ok(lines + " lines of the trace");
    }

    /** The texts of the order's lines: where no log file can be read, Loki shows what the service wrote. */
    List<String> texts(TracedOrder order) throws IOException {
        return find(order, "").stream().flatMap(stream -> stream.at("values").items().stream())
                .map(line -> line.item(1).text()).toList();
    }

    Finding labels(TracedOrder order) throws IOException {
        var expected = "labels service, level, method and no other (service api, method POST)";
        for (var stream : find(order, " |= \"\\\"path\\\":\\\"" + ApiChecks.ROUTE + "\\\"\"")) {
            var labels = stream.at("stream");
            var values = "service " + labels.at("service").text() + ", method " + labels.at("method").text();
            return !labels.fields().keySet().equals(LABELS)
                    ? Finding.broken(expected, "labels " + String.join(", ", new TreeSet<>(labels.fields().keySet())))
                    : values.equals("service api, method POST") ? Finding.ok(values)
                    : Finding.broken(expected, values);
        }
        return Finding.broken(expected, "no line of the request");
    }

    Finding structuredMetadata(TracedOrder order) throws IOException {
        var expected = "structured metadata trace_id " + order.traceId() + " and a span_id";
        for (var stream : find(order, "")) {
            var metadata = stream.at("values").item(0).item(2).at("structuredMetadata");
            return metadata.at("trace_id").text().equals(order.traceId()) && !metadata.at("span_id").text().isEmpty()
                    ? Finding.ok("trace_id and span_id, so `| trace_id=\"…\"` finds the line")
                    : Finding.broken(expected, "structured metadata " + metadata.fields().keySet());
        }
        return Finding.broken(expected, "no line of the request");
    }

    /** Compares the lines that the service has counted since it opened its log with the lines in Loki since then. */
    Finding complete(TracedOrder order) throws IOException {
        if (remote) {
            return Finding.skipped("lines are counted per process, and a remote API may have several");
        }
        var before = api.text("/metrics");
        double opened = BucketChecks.sum(before, "log_opened_timestamp_seconds", "");
        if (opened == 0) {
            return Finding.broken("log_opened_timestamp_seconds in /metrics", "none");
        }
        var start = Instant.ofEpochMilli(Math.round(opened * 1e3));
        var now = clock.instant();
        if (Duration.between(start, now).compareTo(COUNTABLE) > 0) {
            return Finding.skipped("the service runs for more than a day: the dashboard compares the rates");
        }
        // Lines written before the first check must arrive; lines written since may.
        writtenAtFirstCheck.compareAndSet(UNKNOWN, lines(before));
        long min = writtenAtFirstCheck.get();
        long held = count(start, now.plus(CLOCK_DIFFERENCE));
        var after = api.text("/metrics");
        long max = lines(after);
        long dropped = (long) BucketChecks.sum(after, "log_lines_dropped_total", "");
        var expected = "every line that the service wrote since it opened its log (" + min + "), and none dropped";
        return held < min ? Finding.broken(expected, held + ", " + (min - held) + " too few")
                : held > max ? Finding.broken(expected, held + ", " + (held - max) + " too many")
                : dropped > 0 ? Finding.broken(expected,
                        dropped + " dropped before they reached the file; the log of the API says why")
                : Finding.ok(held + " lines in Loki, " + min + " to " + max + " written, none dropped");
    }

    private long count(Instant start, Instant end) throws IOException {
        var value = loki.json("/loki/api/v1/query", "query",
                "sum(count_over_time({service=\"api\"}[" + Duration.between(start, end).toMillis() + "ms]))",
                "time", end.toEpochMilli() + "000000").at("data", "result").item(0).at("value").item(1).text();
        return value.isEmpty() ? 0 : (long) Double.parseDouble(value);
    }

    private static long lines(String metrics) {
        return (long) BucketChecks.sum(metrics, "log_lines_total", "");
    }

    /** The streams with lines of the order, whatever their labels; labels and structured metadata are kept apart. */
    private List<Json> find(TracedOrder order, String filter) throws IOException {
        for (var selector : SELECTORS) {
            var streams = loki.json("/loki/api/v1/query_range",
                    "query", selector + " |= \"" + order.traceId() + "\"" + filter,
                    "start", order.sentAt().minusSeconds(60).getEpochSecond() + "000000000",
                    "end", order.sentAt().plusSeconds(600).getEpochSecond() + "000000000").at("data", "result").items();
            if (!streams.isEmpty()) {
                return streams;
            }
        }
        return List.of();
    }
}
