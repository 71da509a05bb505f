package demo.tools.verify;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/** What Loki holds of the request, and of all that the service wrote. */
final class LokiSide {
    private static final Set<String> LABELS = Set.of("service", "level", "method");
    /** Loki asks for a selector that is not empty; whichever of these labels a line has, it is found. */
    private static final List<String> SELECTORS = List.of("{service=\"api\"}", "{service=~\".+\"}", "{level=~\".+\"}", "{service_name=~\".+\"}", "{job=~\".+\"}", "{filename=~\".+\"}");
    private static final long NOT_LOOKED = -1;
    private static final Duration COUNTABLE = Duration.ofHours(24);
    private static final Pattern LINES = Pattern.compile("^log_lines_total(?:\\{[^}]*})? ([0-9.Ee+]+)$", Pattern.MULTILINE);
    /** At most, those of this machine and of a container. */
    private static final Duration CLOCKS_APART = Duration.ofSeconds(1);
    private static final Pattern OPENED = Pattern.compile("^log_opened_timestamp_seconds ([0-9.Ee+]+)$", Pattern.MULTILINE);

    private final Http http;
    private final URI loki;
    private final URI api;
    private final InstantSource clock;
    private final AtomicLong wroteAtFirstLook = new AtomicLong(NOT_LOOKED);

    LokiSide(Http http, URI loki, URI api, InstantSource clock) {
        this.http = http;
        this.loki = loki;
        this.api = api;
        this.clock = clock;
    }

    Finding line(Followed request) throws IOException {
        for (var selector : SELECTORS) {
            var streams = find(selector + " |= \"" + request.traceId() + "\"", request);
            if (!streams.isEmpty()) {
                int lines = streams.stream().mapToInt(stream -> stream.at("values").items().size()).sum();
                return new Finding.Found(lines + " lines of the trace");
            }
        }
        return Finding.broken("a line with " + request.traceId() + " in Loki", "none");
    }

    Finding labels(Followed request) throws IOException {
        var expected = "labels service, level, method and no other (service api, method POST)";
        for (var selector : SELECTORS) {
            for (var stream : find(selector + " |= \"" + request.traceId() + "\" |= \"request completed\" |= \"\\\"path\\\":\\\"" + ApiSide.ROUTE + "\\\"\"", request)) {
                var labels = stream.at("stream");
                return !labels.names().equals(LABELS) ? Finding.broken(expected, "labels " + String.join(", ", new TreeSet<>(labels.names())))
                        : !labels.at("service").text().equals("api") || !labels.at("method").text().equals("POST")
                        ? Finding.broken(expected, "service " + labels.at("service").text() + ", method " + labels.at("method").text())
                        : new Finding.Found("service api, level " + labels.at("level").text() + ", method POST");
            }
        }
        return Finding.broken(expected, "no line of the request");
    }

    Finding structuredMetadata(Followed request) throws IOException {
        var expected = "structured metadata trace_id " + request.traceId() + " and a span_id";
        for (var selector : SELECTORS) {
            for (var stream : find(selector + " |= \"" + request.traceId() + "\"", request)) {
                var metadata = stream.at("values").item(0).item(2).at("structuredMetadata");
                return !metadata.at("trace_id").text().equals(request.traceId()) || metadata.at("span_id").text().isEmpty()
                        ? Finding.broken(expected, metadata.names().isEmpty() ? "none" : String.join(", ", metadata.names()))
                        : new Finding.Found("trace_id and span_id, so `| trace_id=\"…\"` finds the line");
            }
        }
        return Finding.broken(expected, "no line of the request");
    }

    /** Compares what the service has counted since it opened its log with what Loki holds from that time. */
    Finding complete(Followed request) throws IOException {
        var before = http.get(Http.uri(api, "/metrics"));
        var opened = OPENED.matcher(before);
        if (!opened.find()) {
            return Finding.broken("log_opened_timestamp_seconds in /metrics", "none");
        }
        var start = Instant.ofEpochMilli(Math.round(Double.parseDouble(opened.group(1)) * 1e3));
        var now = clock.instant();
        if (Duration.between(start, now).compareTo(COUNTABLE) > 0) {
            return new Finding.Skipped("the service runs for more than a day: the dashboard compares the rates");
        }
        // What was written at the first look must come; what is written meanwhile may.
        wroteAtFirstLook.compareAndSet(NOT_LOOKED, lines(before));
        long atLeast = wroteAtFirstLook.get();
        long held = count(start, now.plus(CLOCKS_APART));
        long atMost = lines(http.get(Http.uri(api, "/metrics")));
        var expected = "as many lines in Loki as the service wrote since it opened its log (" + atLeast + ")";
        return held < atLeast ? Finding.broken(expected, held + ", " + (atLeast - held) + " too few")
                : held > atMost ? Finding.broken(expected, held + ", " + (held - atMost) + " too many")
                : new Finding.Found(held + " lines in Loki, " + atLeast + " to " + atMost + " written");
    }

    private long count(Instant start, Instant end) throws IOException {
        var result = http.json(Http.uri(loki, "/loki/api/v1/query", "query",
                "sum(count_over_time({service=\"api\"}[" + Duration.between(start, end).toMillis() + "ms]))",
                "time", end.toEpochMilli() + "000000")).at("data", "result");
        var value = result.item(0).at("value").item(1).text();
        return value.isEmpty() ? 0 : (long) Double.parseDouble(value);
    }

    private static long lines(String metrics) {
        return (long) LINES.matcher(metrics).results().mapToDouble(found -> Double.parseDouble(found.group(1))).sum();
    }

    /** The streams that match, with labels and structured metadata kept apart. */
    private List<Json> find(String logql, Followed request) throws IOException {
        return http.json(Http.uri(loki, "/loki/api/v1/query_range", "query", logql,
                "start", request.sentAt().minusSeconds(60).getEpochSecond() + "000000000",
                "end", request.sentAt().plusSeconds(600).getEpochSecond() + "000000000"),
                "X-Loki-Response-Encoding-Flags", "categorize-labels").at("data", "result").items();
    }
}
