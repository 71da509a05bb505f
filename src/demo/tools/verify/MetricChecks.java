package demo.tools.verify;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The order in the service's metrics, in Mimir by the same queries that Grafana sends, and in the buckets. */
final class MetricChecks {
    static final String DURATION = "http_server_request_duration_seconds";
    private static final String LABELS =
            "{http_request_method=\"POST\",http_response_status_code=\"201\",http_route=\"" + Order.ROUTE + "\"";
    private static final Pattern EXEMPLAR = Pattern.compile("\"labels\":\\{[^}]*\"trace_id\":\"(\\w+)\"");
    /** The client library keeps an exemplar for at least 7 s, so an exemplar of a slightly earlier request counts. */
    private static final Duration EXEMPLAR_AGE = Duration.ofSeconds(10);

    private final Deployment at;
    private final Endpoint api;
    private final Endpoint mimir;
    private final Endpoint tempo;
    private final Set<String> flushed = new HashSet<>(); // services

    MetricChecks(Deployment at) {
        this.at = at;
        api = at.at("api");
        mimir = at.at("mimir");
        tempo = at.at("tempo");
    }

    Finding exposed(Order order) throws IOException {
        var series = DURATION + "_count" + LABELS + "}";
        return Finding.of(series, exposed(api, "_count"), Pattern.quote(series));
    }

    Finding exposedExemplar(Order order) throws IOException {
        var openMetrics = api.with("Accept", "application/openmetrics-text; version=1.0.0");
        return Finding.of("exemplars with trace_id on " + DURATION + " in the OpenMetrics format",
                exposed(openMetrics, "_bucket"), "# \\{.*\\btrace_id=\"[0-9a-f]{32}\"");
    }

    private String exposed(Endpoint api, String suffix) throws IOException {
        return at.metrics(api).lines().filter(line -> line.startsWith(DURATION + suffix))
                .collect(Collectors.joining("\n"));
    }

    Finding exemplar(Order order) throws IOException {
        var expected = "an exemplar of " + DURATION + " with label trace_id whose trace Tempo has";
        var exemplars = mimir.text(Endpoint.query("/api/v1/query_exemplars",
                "query", "{__name__=~\"" + DURATION + "(_bucket)?\"}",
                "start", order.seconds(-EXEMPLAR_AGE.toSeconds()), "end", order.seconds(600)));
        var ids = EXEMPLAR.matcher(exemplars).results().map(found -> found.group(1)).toList();
        if (ids.isEmpty()) {
            return Finding.broken(expected, Endpoint.head(exemplars));
        }
        var id = ids.contains(order.traceId()) ? order.traceId() : ids.getLast();
        int status = tempo.get("/api/traces/" + id).statusCode();
        var found = "trace_id " + id + ", for which Tempo responds " + status;
        return status == 200 ? Finding.ok(found) : Finding.broken(expected, found);
    }

    Finding sample(Order order) throws IOException {
        return fresh(order, DURATION + "_count" + LABELS + ",job=\"api\"}", at.at("alloy"));
    }

    Finding spanMetrics(Order order) throws IOException {
        return fresh(order, "traces_spanmetrics_calls_total{service=\"api\"}", tempo);
    }

    Finding serviceGraph(Order order) throws IOException {
        return fresh(order, "traces_service_graph_request_total{client=\"api\",server=\"api\"}", tempo);
    }

    /** @param writer who sends the series to Mimir; null where its address is unknown */
    private Finding fresh(Order order, String series, Endpoint writer) throws IOException {
        int samples = samples("timestamp(" + series + ") > " + order.seconds(0));
        return samples > 0 ? Finding.ok(samples + " series with a sample after the request")
                : Finding.broken(series + " with a sample after the request",
                        (samples(series) == 0 ? "no such series" : "only older samples") + damage(writer));
    }

    private int samples(String promql) throws IOException {
        return mimir.json(Endpoint.query("/api/v1/query", "query", promql)).at("data", "result").items().size();
    }

    /** A full disk damages the write-ahead log in front of Mimir. The writer repairs the log when it starts. */
    private static String damage(Endpoint writer) throws IOException {
        return writer == null ? "; if the disk was full, restart alloy"
                : sum(writer.get("/metrics").body(), "prometheus_tsdb_wal_writes_failed_total", "") == 0 ? ""
                : "; a full disk has damaged a write-ahead log: restart " + writer.service();
    }

    // ---- buckets ---------------------------------------------------------------------------------------------------

    // The backends' own metrics exist for every kind of S3, and count data, not the objects of their own bookkeeping.

    Finding lokiBucket(Order order) throws IOException {
        return stored(at.at("loki"), "/flush", Duration.ofMinutes(7),
                metrics -> uploads(metrics, "loki_objstore", ""));
    }

    Finding mimirBucket(Order order) throws IOException {
        if (!mimir.text("/api/v1/status/buildinfo").contains("Mimir")) {
            throw new Finding.Skip("a Prometheus stands in for Mimir: it keeps samples on its own disk");
        }
        return stored(mimir.root(), "/ingester/flush?wait=true", Duration.ofHours(3),
                metrics -> uploads(metrics, "thanos_objstore", "component=\"ingester\"[^}]*"));
    }

    /** Tempo has no flush request. It lists its bucket when it starts, and every five minutes. */
    Finding tempoBucket(Order order) throws IOException {
        return stored(tempo, "", Duration.ofMinutes(15), metrics -> sum(metrics, "tempodb_blocklist_length", "")
                + sum(metrics, "tempo_live_store_local_blocks_flushed_total", ""));
    }

    private static double uploads(String metrics, String name, String labels) {
        var upload = labels + "operation=\"upload\"";
        return sum(metrics, name + "_bucket_operations_total", upload)
                - sum(metrics, name + "_bucket_operation_failures_total", upload);
    }

    /**
     * Backends write when a block is full or old enough. A backend that has written nothing yet gets a flush request.
     * It is waiting, not broken, while it is younger than the time after which it writes without a flush.
     */
    private Finding stored(Endpoint backend, String flush, Duration writesWithin, ToDoubleFunction<String> count)
            throws IOException {
        var metrics = at.metrics(backend);
        if (count.applyAsDouble(metrics) <= 0 && !flush.isEmpty() && flushed.add(backend.service())) {
            backend.post(flush, "");
            metrics = at.metrics(backend);
        }
        long written = (long) count.applyAsDouble(metrics);
        double started = sum(metrics, "process_start_time_seconds", "");
        var age = Duration.between(Instant.ofEpochMilli((long) (started * 1e3)), Instant.now());
        var what = "writes to the bucket " + backend.service();
        return written > 0 ? Finding.ok(written + " " + what) : age.compareTo(writesWithin) > 0
                ? Finding.broken(what, "none, though it runs for " + age.toMinutes() + " min")
                : new Finding(Finding.State.WAITING, "none yet: runs for " + age.toMinutes() + " min, writes within "
                        + writesWithin.toMinutes() + " min", "");
    }

    /** The sum of all series with this name whose labels match. */
    static double sum(String metrics, String name, String labels) {
        return Pattern.compile("(?m)^" + name + "(?:\\{[^}]*" + labels + "[^}]*})? ([0-9.eE+]+)").matcher(metrics)
                .results().mapToDouble(found -> Double.parseDouble(found.group(1))).sum();
    }
}
