package demo.tools.verify;

import demo.json.Json;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** The order's lines in the log file and in Loki. */
final class LogChecks {
    private static final String LABELS = "labels [level, method, service], service api, method POST";
    /** Loki requires a selector that is not empty. A line that lacks our labels has one of the others. */
    private static final List<String> SELECTORS =
            List.of("{service=\"api\"}", "{service=~\".+\"}", "{level=~\".+\"}", "{service_name=~\".+\"}");

    private final Deployment at;
    private final Endpoint loki;

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
        var lines = at.logFile() == null ? linesInLoki(order) : linesInFile(order);
        var line = lines.stream().filter(text -> text.contains("\"path\":\"" + Order.ROUTE + "\"")).findFirst();
        return line.isEmpty() ? Finding.broken(what, lines.isEmpty() ? "no line with that trace_id" : lines.getFirst())
                : Finding.of(what, line.get(), "^\\{\"timestamp\":\"", "\"level\":\"", "\"service\":\"",
                        "\"logger\":\"", "\"thread\":\"", "\"message\":\"", "\"trace_id\":\"" + order.traceId() + "\"",
                        "\"span_id\":\"" + order.spanId() + "\"", "\"method\":\"", "}$");
    }

    /** Reads the current file and the rotated files that are not compressed yet. */
    private List<String> linesInFile(Order order) throws IOException {
        var found = new ArrayList<String>();
        var folder = at.logFile().toAbsolutePath().getParent();
        try (var files = Files.newDirectoryStream(folder, at.logFile().getFileName() + "{,.*[0-9]}")) {
            for (var file : files) {
                new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines()
                        .filter(line -> line.contains(order.traceId())).forEach(found::add);
            }
        }
        return found;
    }

    List<String> linesInLoki(Order order) throws IOException {
        return streams(order, "").stream().flatMap(stream -> stream.at("values").items().stream())
                .map(line -> line.item(1).text()).toList();
    }

    Finding labels(Order order) throws IOException {
        var streams = streams(order, " |= \"\\\"path\\\":\\\"" + Order.ROUTE + "\\\"\"");
        var labels = streams.isEmpty() ? new Json(null) : streams.getFirst().at("stream");
        return Finding.equal(LABELS, "labels " + new TreeSet<>(labels.fields().keySet()) + ", service "
                + labels.at("service").text() + ", method " + labels.at("method").text());
    }

    /** By the query with which Grafana opens the lines of a trace. */
    Finding structuredMetadata(Order order) throws IOException {
        return Finding.of("trace_id and span_id, so `| trace_id=\"…\"` finds the line",
                loki.text(rangeQuery(order, byIds(order))), order.traceId());
    }

    static String byIds(Order order) {
        return "{service=\"api\"} | trace_id=\"" + order.traceId() + "\" | span_id=\"" + order.spanId() + "\"";
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
        return "/loki/api/v1/query_range?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8)
                + "&start=" + order.sentAt().minusSeconds(60) + "&end=" + order.sentAt().plusSeconds(600);
    }
}
