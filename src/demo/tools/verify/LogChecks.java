package demo.tools.verify;

import demo.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** The order's lines in the log file and in Loki, and the number of all lines. */
final class LogChecks {
    private static final String LABELS = "labels [level, method, service], service api, method POST";
    /** Loki requires a selector that is not empty. A line that lacks our labels has one of the others. */
    private static final List<String> SELECTORS = List.of("{service=\"api\"}", "{service=~\".+\"}", "{level=~\".+\"}",
            "{service_name=~\".+\"}", "{job=~\".+\"}", "{filename=~\".+\"}");
    private static final Duration COUNTABLE = Duration.ofHours(24);
    /** The clocks of this machine and of a container differ by less. */
    private static final Duration CLOCK_DIFFERENCE = Duration.ofSeconds(1);
    private static final long UNKNOWN = -1;

    private final Deployment at;
    private final Endpoint loki;
    private long minLines = UNKNOWN; // at the first check

    LogChecks(Deployment at) {
        this.at = at;
        loki = at.at("loki").with("X-Loki-Response-Encoding-Flags", "categorize-labels");
    }

    /** Without a log file on this machine, Loki shows the line that the service wrote. */
    Finding line(Order order) throws IOException {
        var what = "a line of " + (at.logFile() == null ? "the service in Loki" : at.logFile()) + " with path "
                + Order.ROUTE + " and the trace_id and span_id of the response";
        if (at.logFile() != null && !Files.isRegularFile(at.logFile())) {
            return Finding.broken(what, "no such file");
        }
        var lines = at.logFile() == null ? linesInLoki(order) : linesInFile(order.traceId());
        var line = lines.stream().filter(text -> text.contains("\"path\":\"" + Order.ROUTE + "\"")).findFirst();
        return line.isEmpty() ? Finding.broken(what, lines.isEmpty() ? "no line with that trace_id" : lines.getFirst())
                : Finding.of(what, line.get(), "^\\{\"timestamp\":\"", "\"level\":\"", "\"service\":\"",
                        "\"logger\":\"", "\"thread\":\"", "\"message\":\"", "\"trace_id\":\"" + order.traceId() + "\"",
                        "\"span_id\":\"" + order.spanId() + "\"", "\"method\":\"", "}$");
    }

    /** Reads the current file and the rotated files that are not compressed yet. */
    private List<String> linesInFile(String traceId) throws IOException {
        var found = new ArrayList<String>();
        var name = at.logFile().getFileName().toString();
        try (var files = Files.newDirectoryStream(at.logFile().toAbsolutePath().getParent())) {
            for (var file : files) {
                if (file.getFileName().toString().startsWith(name) && !file.toString().matches(".*\\.(gz|part)")) {
                    new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines()
                            .filter(line -> line.contains(traceId)).forEach(found::add);
                }
            }
        }
        return found;
    }

    private List<String> linesInLoki(Order order) throws IOException {
        return streams(order, "").stream().flatMap(stream -> stream.at("values").items().stream())
                .map(line -> line.item(1).text()).toList();
    }

    Finding pushed(Order order) throws IOException {
        int lines = linesInLoki(order).size();
        return lines > 0 ? Finding.ok(lines + " lines of the trace")
                : Finding.broken("a line with " + order.traceId() + " in Loki", "none");
    }

    Finding labels(Order order) throws IOException {
        var streams = streams(order, " |= \"\\\"path\\\":\\\"" + Order.ROUTE + "\\\"\"");
        var labels = streams.isEmpty() ? new Json(null) : streams.getFirst().at("stream");
        var found = "labels " + new TreeSet<>(labels.fields().keySet()) + ", service " + labels.at("service").text()
                + ", method " + labels.at("method").text();
        return found.equals(LABELS) ? Finding.ok(found) : Finding.broken(LABELS, found);
    }

    /** By the query with which Grafana opens the lines of a trace. */
    Finding structuredMetadata(Order order) throws IOException {
        return Finding.of("trace_id and span_id, so `| trace_id=\"…\"` finds the line",
                loki.text(rangeQuery(order, byIds(order))), order.traceId());
    }

    static String byIds(Order order) {
        return "{service=\"api\"} | trace_id=\"" + order.traceId() + "\" | span_id=\"" + order.spanId() + "\"";
    }

    /** Compares the lines that the service has counted since it opened its log with the lines in Loki since then. */
    Finding complete(Order order) throws IOException {
        if (at.isRemote()) {
            throw new Finding.Skip("lines are counted per process, and a remote API may have several");
        }
        var api = at.at("api");
        var before = api.text("/metrics");
        double opened = MetricChecks.sum(before, "log_opened_timestamp_seconds", "");
        var start = Instant.ofEpochMilli(Math.round(opened * 1e3));
        var now = Instant.now();
        if (Duration.between(start, now).compareTo(COUNTABLE) > 0) {
            throw new Finding.Skip("the service runs for more than a day: the dashboard compares the rates");
        }
        // Lines written before the first check must arrive; lines written since may.
        minLines = minLines == UNKNOWN ? written(before) : minLines;
        long held = held(start, now.plus(CLOCK_DIFFERENCE));
        var after = api.text("/metrics");
        long max = written(after);
        long dropped = (long) MetricChecks.sum(after, "log_lines_dropped_total", "");
        var expected = "every line that the service wrote since it opened its log (" + minLines + "), and none dropped";
        return held < minLines ? Finding.broken(expected, held + ", " + (minLines - held) + " too few")
                : held > max ? Finding.broken(expected, held + ", " + (held - max) + " too many")
                : dropped > 0 ? Finding.broken(expected,
                        dropped + " dropped before they reached the file; the log of the API says why")
                : Finding.ok(held + " lines in Loki, " + minLines + " to " + max + " written, none dropped");
    }

    private static long written(String metrics) {
        return (long) MetricChecks.sum(metrics, "log_lines_total", "");
    }

    private long held(Instant start, Instant end) throws IOException {
        var value = loki.json(Endpoint.query("/loki/api/v1/query", "query",
                "sum(count_over_time({service=\"api\"}[" + Duration.between(start, end).toMillis() + "ms]))",
                "time", end.toEpochMilli() + "000000")).at("data", "result").item(0).at("value").item(1).text();
        return value.isEmpty() ? 0 : (long) Double.parseDouble(value);
    }

    /** The streams with lines of the order, whatever their labels. */
    private List<Json> streams(Order order, String filter) throws IOException {
        for (var selector : SELECTORS) {
            var streams = loki.json(rangeQuery(order, selector + " |= \"" + order.traceId() + "\"" + filter))
                    .at("data", "result").items();
            if (!streams.isEmpty()) {
                return streams;
            }
        }
        return List.of();
    }

    static String rangeQuery(Order order, String query) {
        return Endpoint.query("/loki/api/v1/query_range", "query", query, "start", order.nanos(-60),
                "end", order.nanos(600));
    }
}
