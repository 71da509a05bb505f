package demo.tools.verify;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the API itself shows: its answer, its log file, its metrics. */
final class ApiSide {
    static final String ROUTE = "/orders";
    static final String DURATION = "http_server_request_duration_seconds";
    private static final String OPENMETRICS = "application/openmetrics-text; version=1.0.0";
    private static final Pattern EXEMPLAR = Pattern.compile("^" + DURATION + "[^#]*# \\{([^}]*)}", Pattern.MULTILINE);
    private static final Pattern TRACE_ID = Pattern.compile("(^|,)trace_id=\"[0-9a-f]{32}\"");
    /** Payments are declined now and then, and stock runs out: an order is tried until one is accepted. */
    private static final int TRIES = 20;
    private static final List<String> LINE_FIELDS =
            List.of("timestamp", "level", "service", "logger", "thread", "message", "trace_id", "span_id", "method");

    private final Http http;
    private final URI api;
    private final Path logFile;

    ApiSide(Http http, URI api, Path logFile) {
        this.http = http;
        this.api = api;
        this.logFile = logFile;
    }

    /** Orders something under a trace id of our own until an order is accepted. */
    Followed order(RandomGenerator random, InstantSource clock) throws IOException {
        var menu = http.json(Http.uri(api, "/menu")).at("menu").items();
        if (menu.isEmpty()) {
            throw new IOException("GET /menu has no item");
        }
        var last = "";
        for (int i = 0; i < TRIES; i++) {
            var item = menu.get(i % menu.size()).at("item").text();
            var traceId = HexFormat.of().toHexDigits(random.nextLong()) + HexFormat.of().toHexDigits(random.nextLong() | 1);
            var parentId = HexFormat.of().toHexDigits(random.nextLong() | 1);
            Instant sentAt = clock.instant();
            long start = System.nanoTime();
            var response = http.send(Http.request(Http.uri(api, ROUTE), "Content-Type", "application/json",
                            "traceparent", "00-" + traceId + "-" + parentId + "-01")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"item\":\"" + item + "\",\"quantity\":1}")));
            if (response.statusCode() == 201) {
                var parts = response.headers().firstValue("traceresponse").orElse("").split("-");
                if (parts.length != 4 || !parts[1].equals(traceId)) {
                    throw new IOException("expected traceresponse with trace " + traceId + ", found '" + String.join("-", parts) + "'");
                }
                return new Followed(traceId, parts[2], sentAt, (System.nanoTime() - start) / 1e6);
            }
            last = response.statusCode() + ": " + Http.head(response.body());
        }
        throw new IOException("no order of " + TRIES + " was accepted, the last answer was " + last);
    }

    Finding answer(Followed request) {
        return new Finding.Found(String.format(Locale.ROOT, "201 in %.0f ms, traceresponse has our trace id", request.tookMillis()));
    }

    Finding line(Followed request) throws IOException {
        if (!Files.isRegularFile(logFile)) {
            return Finding.broken("a log file " + logFile, "none");
        }
        var lines = linesWith(request.traceId());
        var expected = "a line of " + logFile + " with trace_id " + request.traceId() + ", method POST, path " + ROUTE;
        for (var text : lines) {
            Json line;
            try {
                line = Json.parse(text);
            } catch (IOException e) {
                return Finding.broken("a JSON object a line", Http.head(text));
            }
            if (line.at("trace_id").text().equals(request.traceId()) && line.at("path").text().equals(ROUTE)
                    && line.at("message").text().equals("request completed")) {
                var missing = LINE_FIELDS.stream().filter(name -> line.at(name).text().isEmpty()).toList();
                return !missing.isEmpty() ? Finding.broken(expected, "a line without " + String.join(", ", missing))
                        : !line.at("span_id").text().equals(request.spanId())
                        ? Finding.broken("span_id " + request.spanId() + " as the answer said", line.at("span_id").text())
                        : new Finding.Found(lines.size() + " lines of the trace; trace_id and span_id as the answer said");
            }
        }
        return Finding.broken(expected, lines.isEmpty() ? "no line with that id" : "only " + Http.head(lines.getFirst()));
    }

    /** The current file and those just rotated. */
    private List<String> linesWith(String text) throws IOException {
        var folder = logFile.toAbsolutePath().getParent();
        List<Path> files;
        try (var all = Files.list(folder)) {
            files = all.filter(file -> file.getFileName().toString().startsWith(logFile.getFileName().toString()))
                    .filter(file -> !file.toString().endsWith(".gz") && !file.toString().endsWith(".part"))
                    .sorted((a, b) -> Long.compare(b.toFile().lastModified(), a.toFile().lastModified())).limit(2).toList();
        }
        var found = Stream.<String>builder();
        for (var file : files) {
            new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().filter(line -> line.contains(text)).forEach(found);
        }
        return found.build().toList();
    }

    Finding series(Followed request) throws IOException {
        var metrics = http.get(Http.uri(api, "/metrics"));
        var expected = DURATION + "_count with http_request_method POST, http_route " + ROUTE + ", http_response_status_code 201";
        var series = metrics.lines().filter(line -> line.startsWith(DURATION + "_count")).toList();
        return series.stream()
                .filter(line -> Stream.of("http_request_method=\"POST\"", "http_route=\"" + ROUTE + "\"", "http_response_status_code=\"201\"")
                        .allMatch(line::contains))
                .findFirst().<Finding>map(line -> new Finding.Found(line.substring(line.lastIndexOf(' ') + 1) + " orders counted, "
                        + metrics.lines().filter(any -> !any.startsWith("#")).count() + " series in all"))
                .orElseGet(() -> Finding.broken(expected, series.isEmpty() ? "no such name" : series.getFirst()));
    }

    Finding exemplar(Followed request) throws IOException {
        var metrics = http.get(Http.uri(api, "/metrics"), "Accept", OPENMETRICS);
        var expected = "exemplars with trace_id on " + DURATION + " when asked for OpenMetrics";
        var labels = EXEMPLAR.matcher(metrics).results().map(found -> found.group(1)).toList();
        if (labels.isEmpty()) {
            return Finding.broken(expected, "none");
        }
        long right = labels.stream().filter(one -> TRACE_ID.matcher(one).find()).count();
        return right == 0 ? Finding.broken(expected, "{" + labels.getFirst() + "}")
                : new Finding.Found(right + " exemplars" + (labels.stream().anyMatch(one -> one.contains(request.traceId())) ? ", one of our request" : ""));
    }
}
