package demo.tools.verify;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The order in the service's metrics, in Mimir by the same queries that Grafana sends, and in the buckets. */
final class MetricChecks {
    static final String DURATION = "http_server_request_duration_seconds";
    private static final String LABELS =
            "{http_request_method=\"POST\",http_response_status_code=\"201\",http_route=\"" + Order.ROUTE + "\"";
    /** The client library keeps an exemplar for at least 7 s, so an exemplar of a slightly earlier request counts. */
    private static final Duration EXEMPLAR_AGE = Duration.ofSeconds(10);

    private final Deployment at;
    private final Endpoint mimir;
    private final Set<String> flushed = new HashSet<>(); // services

    MetricChecks(Deployment at) {
        this.at = at;
        mimir = at.at("mimir");
    }

    Finding exposed(Order order) throws IOException {
        var series = DURATION + "_count" + LABELS + "}";
        return Finding.of(series, exposed(at.at("api"), "_count"), Pattern.quote(series));
    }

    Finding exposedExemplar(Order order) throws IOException {
        var openMetrics = at.at("api").with("Accept", "application/openmetrics-text; version=1.0.0");
        return Finding.of("exemplars with trace_id on " + DURATION + " in the OpenMetrics format",
                exposed(openMetrics, "_bucket"), "# \\{.*\\btrace_id=\"[0-9a-f]{32}\"");
    }

    private String exposed(Endpoint api, String suffix) throws IOException {
        return at.metrics(api).lines().filter(line -> line.startsWith(DURATION + suffix))
                .collect(Collectors.joining("\n"));
    }

    Finding exemplar(Order order) throws IOException {
        var expected = "an exemplar of " + DURATION + " with label trace_id whose trace Tempo has";
        var exemplars = mimir.json("/api/v1/query_exemplars?query="
                + encode("{__name__=~\"" + DURATION + "(_bucket)?\"}")
                + "&start=" + order.sentAt().minus(EXEMPLAR_AGE) + "&end=" + order.sentAt().plusSeconds(600));
        var ids = exemplars.having("trace_id").map(labels -> labels.at("trace_id").text()).toList();
        if (ids.isEmpty()) {
            return Finding.broken(expected, "none");
        }
        var id = ids.contains(order.traceId()) ? order.traceId() : ids.getLast();
        at.at("tempo").text("/api/traces/" + id); // fails when Tempo does not have the trace
        return Finding.ok("trace_id " + id + ", whose trace Tempo has");
    }

    Finding sample(Order order) throws IOException {
        return fresh(order, DURATION + "_count" + LABELS + ",job=\"api\"}");
    }

    /** Mimir has a sample of this series that is newer than the order. */
    Finding fresh(Order order, String series) throws IOException {
        int samples = samples("1000 * timestamp(" + series + ") > " + order.sentAt().toEpochMilli());
        return samples > 0 ? Finding.ok(samples + " series with a sample after the request")
                : Finding.broken(series + " with a sample after the request",
                        samples(series) == 0 ? "no such series" : "only older samples");
    }

    private int samples(String promql) throws IOException {
        return mimir.json("/api/v1/query?query=" + encode(promql)).at("data", "result").items().size();
    }

    private static String encode(String query) {
        return URLEncoder.encode(query, StandardCharsets.UTF_8);
    }

    // ---- buckets, by the backends' own metrics, which exist for every kind of S3 ------------------------------------

    Finding mimirBucket() throws IOException {
        if (!mimir.text("/api/v1/status/buildinfo").contains("Mimir")) {
            throw new Finding.Skip("a Prometheus stands in for Mimir: it keeps samples on its own disk");
        }
        var root = new Endpoint(mimir.service(), mimir.base().resolve("/"), mimir.headers());
        return stored(root, "/ingester/flush?wait=true", 180, "cortex_ingester_shipper_uploads_total");
    }

    /**
     * Backends write when a block is full or old enough. A backend that has written nothing yet gets a flush request.
     * It is waiting, not broken, while it is younger than the time after which it writes without a flush.
     *
     * @param flush   the path of the flush request; empty where there is none
     * @param written a metric that is above zero when the backend has written data
     */
    Finding stored(Endpoint backend, String flush, int maxMinutes, String written) throws IOException {
        var metrics = at.metrics(backend);
        if (sum(metrics, written) == 0 && !flush.isEmpty() && flushed.add(backend.service())) {
            backend.post(flush, "");
            metrics = at.metrics(backend);
        }
        var what = "data in the bucket " + backend.service();
        if (sum(metrics, written) > 0) {
            return Finding.ok(what);
        }
        var started = Instant.ofEpochSecond((long) sum(metrics, "process_start_time_seconds"));
        long minutes = Duration.between(started, Instant.now()).toMinutes();
        var found = "none: runs for " + minutes + " min, writes within " + maxMinutes + " min";
        return minutes > maxMinutes ? Finding.broken(what, found) : new Finding(Finding.State.WAITING, found, "");
    }

    /** The sum of all series of this metric. */
    private static double sum(String metrics, String name) {
        return Pattern.compile("(?m)^" + name + "(\\{.*})? (?<value>\\S+)").matcher(metrics).results()
                .mapToDouble(found -> Double.parseDouble(found.group("value"))).sum();
    }
}
