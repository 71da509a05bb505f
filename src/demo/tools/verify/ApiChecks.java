package demo.tools.verify;

import demo.json.Json;
import demo.json.JsonException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** What the API itself shows: its responses, its log file, its metrics. */
final class ApiChecks {
    static final String ROUTE = "/orders";
    static final String DURATION = "http_server_request_duration_seconds";
    private static final Pattern EXEMPLAR = Pattern.compile("(?m)^" + DURATION + "[^#]*# \\{([^}]*)}");
    private static final Pattern TRACE_ID = Pattern.compile("(^|,)trace_id=\"[0-9a-f]{32}\"");
    /** Payments are declined now and then, and stock runs out. */
    private static final int MAX_TRIES = 20;
    private static final List<String> LINE_FIELDS =
            List.of("timestamp", "level", "service", "logger", "thread", "message", "trace_id", "span_id", "method");

    private final Endpoint api;
    private final boolean remote;
    private final Path logFile;
    private final LokiChecks loki;

    ApiChecks(Deployment at, LokiChecks loki) {
        api = at.at("api");
        remote = at.isRemote();
        logFile = at.logFile();
        this.loki = loki;
    }

    /** Orders under a new trace id until an order is accepted. */
    TracedOrder order(RandomGenerator random, InstantSource clock) throws IOException {
        var menu = api.json("/menu").at("menu").items();
        if (menu.isEmpty()) {
            throw new IOException("GET /menu responds without items");
        }
        var last = "";
        for (int i = 0; i < MAX_TRIES; i++) {
            var body = "{\"item\":\"" + menu.get(i % menu.size()).at("item").text() + "\",\"quantity\":1}";
            var traceId = hex(random) + hex(random);
            var traced = api.with("Content-Type", "application/json")
                    .with("traceparent", "00-" + traceId + "-" + hex(random) + "-01");
            Instant sentAt = clock.instant();
            long start = System.nanoTime();
            var response = traced.post(ROUTE, body);
            if (response.statusCode() == 201) {
                var header = response.headers().firstValue("traceresponse").orElse("");
                var parts = header.split("-");
                if (parts.length != 4 || !parts[1].equals(traceId)) {
                    throw new IOException("expected traceresponse with trace " + traceId + ", found '" + header + "'");
                }
                return new TracedOrder(traceId, parts[2], sentAt, (System.nanoTime() - start) / 1e6);
            }
            last = response.statusCode() + ": " + Endpoint.head(response.body());
        }
        throw new IOException("none of " + MAX_TRIES + " orders was accepted, the last response was " + last);
    }

    private static String hex(RandomGenerator random) {
        return HexFormat.of().toHexDigits(random.nextLong() | 1);
    }

    Finding response(TracedOrder order) {
        return Finding.ok(Math.round(order.tookMillis()) + " ms, status 201, traceresponse has our trace id");
    }

    Finding line(TracedOrder order) throws IOException {
        if (logFile != null && !Files.isRegularFile(logFile)) {
            return Finding.broken("a log file " + logFile, "none");
        }
        var lines = logFile == null ? loki.texts(order) : linesWith(order.traceId());
        var expected = "a line of " + (logFile == null ? "the service in Loki" : logFile)
                + " with trace_id " + order.traceId() + " and path " + ROUTE;
        for (var text : lines) {
            Json line;
            try {
                line = Json.read(text);
            } catch (JsonException e) {
                return Finding.broken("one JSON object per line", Endpoint.head(text));
            }
            if (line.at("trace_id").text().equals(order.traceId()) && line.at("path").text().equals(ROUTE)) {
                var missing = LINE_FIELDS.stream().filter(name -> line.at(name).text().isEmpty()).toList();
                return !missing.isEmpty() ? Finding.broken(expected, "a line without " + String.join(", ", missing))
                        : !line.at("span_id").text().equals(order.spanId())
                        ? Finding.broken("span_id " + order.spanId() + " as in the response", line.at("span_id").text())
                        : Finding.ok(lines.size() + " lines of the trace; trace_id and span_id as in the response");
            }
        }
        return Finding.broken(expected, lines.isEmpty() ? "no line with that id" : Endpoint.head(lines.getFirst()));
    }

    /** Reads the current file and the newest rotated one. */
    private List<String> linesWith(String text) throws IOException {
        List<Path> files;
        try (var all = Files.list(logFile.toAbsolutePath().getParent())) {
            files = all.filter(file -> file.getFileName().toString().startsWith(logFile.getFileName().toString()))
                    .filter(file -> !file.toString().endsWith(".gz") && !file.toString().endsWith(".part"))
                    .sorted(Comparator.comparingLong((Path file) -> file.toFile().lastModified()).reversed())
                    .limit(2).toList();
        }
        var found = new ArrayList<String>();
        for (var file : files) {
            var content = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            content.lines().filter(line -> line.contains(text)).forEach(found::add);
        }
        return found;
    }

    Finding series(TracedOrder order) throws IOException {
        if (isHidden()) {
            return Finding.skipped("GET /metrics is not routed from outside");
        }
        var metrics = api.text("/metrics");
        var series = metrics.lines().filter(line -> line.startsWith(DURATION + "_count")).toList();
        var labels = List.of("http_request_method=\"POST\"", "http_route=\"" + ROUTE + "\"",
                "http_response_status_code=\"201\"");
        return series.stream().filter(line -> labels.stream().allMatch(line::contains)).findFirst()
                .map(line -> Finding.ok(line.substring(line.lastIndexOf(' ') + 1) + " orders counted, "
                        + metrics.lines().filter(any -> !any.startsWith("#")).count() + " series in all"))
                .orElseGet(() -> Finding.broken(DURATION + "_count with " + String.join(", ", labels),
                        series.isEmpty() ? "no such name" : series.getFirst()));
    }

    /** A load balancer does not route the paths that are for the operators. */
    private boolean isHidden() throws IOException {
        return remote && api.get("/metrics").statusCode() == 404;
    }

    Finding exemplar(TracedOrder order) throws IOException {
        if (isHidden()) {
            return Finding.skipped("GET /metrics is not routed from outside");
        }
        var metrics = api.with("Accept", "application/openmetrics-text; version=1.0.0").text("/metrics");
        var labels = EXEMPLAR.matcher(metrics).results().map(found -> found.group(1)).toList();
        long right = labels.stream().filter(one -> TRACE_ID.matcher(one).find()).count();
        return right > 0 ? Finding.ok(right + " exemplars with a trace id")
                : Finding.broken("exemplars with trace_id on " + DURATION + " in the OpenMetrics format",
                        labels.isEmpty() ? "none" : "{" + labels.getFirst() + "}");
    }
}
