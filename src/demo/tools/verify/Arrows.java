package demo.tools.verify;

import demo.tools.verify.Arrow.Check;
import java.util.List;

/**
 * The architecture as a list: first whether each service responds, then every arrow of the two diagrams in the order in
 * which data flows. The documentation's table has the same rows, and a test compares the two.
 */
final class Arrows {
    private static final String API_UNIT = "infra/docker-compose.api.yml";
    private static final String OBS_UNIT = "infra/docker-compose.obs.yml";
    private static final String ALLOY = "infra/alloy/config.alloy";
    private static final String MIMIR = "infra/mimir/mimir.yaml";
    private static final String LOKI = "infra/loki/loki.yaml";
    private static final String TEMPO = "infra/tempo/tempo.yaml";
    private static final String SOURCES = "infra/grafana/provisioning/datasources/datasources.yaml";
    private static final String BOARDS = "infra/grafana/provisioning/dashboards/dashboards.yaml";
    /** An order calls the payment service, which calls a card company. */
    private static final String[] SPANS = {"\"POST /orders\"", "\"POST /payments\"", "\"authorize card\"",
        "\"kind\": *(\"SPAN_KIND_CLIENT\"|3)", "\"service.name\", *\"value\": *\\{ *\"stringValue\": *\"api\""};

    private Arrows() { }

    static List<Arrow> of(Deployment at) {
        var logs = new LogChecks(at);
        var metrics = new MetricChecks(at);
        var grafana = new GrafanaChecks(at);
        return List.of(
                arrow("minio", "verify", "S3", OBS_UNIT, "9000", _ -> at.responds("minio", "/minio/health/live")),
                arrow("mimir", "verify", "Mimir", MIMIR, "http_listen_port", _ ->
                        at.responds("mimir", "/api/v1/status/buildinfo")),
                arrow("loki", "verify", "Loki", LOKI, "http_listen_port", _ ->
                        at.responds("loki", "/loki/api/v1/status/buildinfo")),
                arrow("tempo", "verify", "Tempo", TEMPO, "http_listen_port", _ -> at.responds("tempo", "/api/echo")),
                arrow("alloy", "verify", "Alloy", API_UNIT, "alloy", _ -> at.responds("alloy", "/-/ready")),
                arrow("grafana", "Internet", "Grafana", OBS_UNIT, "3000", _ -> at.responds("grafana", "/api/health")),
                arrow("request", "Internet", "API", API_UNIT, "8000", order ->
                        Finding.ok("status 201, traceresponse has our trace id")),
                arrow("log-line", "API", "app.log", API_UNIT, "LOG_FILE", logs::line),
                arrow("scrape", "Alloy", "API", "src/demo/metrics/Metrics.java", MetricChecks.DURATION,
                        metrics::exposed),
                arrow("scrape-exemplar", "Alloy", "API", "src/demo/trace/agent.properties",
                        "otel.instrumentation.opentelemetry-api.enabled", metrics::exposedExemplar, "scrape"),
                arrow("sample", "Alloy", "Mimir", ALLOY, "prometheus.scrape, prometheus.remote_write, job_name",
                        metrics::sample, "scrape"),
                arrow("log-push", "Alloy", "Loki", ALLOY, "include, endpoint", order ->
                        Finding.of("a line with " + order.traceId(), logs.linesInLoki(order).toString(),
                                order.traceId()), "log-line"),
                arrow("labels", "Alloy", "Loki", ALLOY, "resource.service, resource.level, resource.method",
                        logs::labels, "log-push"),
                arrow("structured-metadata", "Alloy", "Loki", ALLOY, "attributes.trace_id, attributes.span_id",
                        logs::structuredMetadata, "log-push", "labels"),
                arrow("trace", "API", "Tempo", API_UNIT, "OTEL_EXPORTER_OTLP_ENDPOINT", order ->
                        Finding.of("trace " + order.traceId() + " of service api with the spans of an order",
                                at.at("tempo").text("/api/traces/" + order.traceId()), SPANS)),
                arrow("exemplar", "Mimir", "Tempo", MIMIR,
                        "max_global_exemplars_per_user (and send_exemplars in " + ALLOY + ")", metrics::exemplar,
                        "scrape-exemplar", "sample", "trace"),
                arrow("span-metrics", "Tempo", "Mimir", TEMPO, "remote_write, span-metrics", order ->
                        metrics.fresh(order, "traces_spanmetrics_calls_total{service=\"api\"}"), "trace"),
                arrow("service-graph", "Tempo", "Mimir", TEMPO, "service-graphs", order -> metrics.fresh(order,
                        "traces_service_graph_request_total{client=\"api\",server=\"api\"}"), "trace", "span-metrics"),
                arrow("bucket-mimir", "Mimir", "S3", MIMIR, "endpoint, bucket_name", _ -> metrics.mimirBucket(),
                        "sample"),
                arrow("bucket-loki", "Loki", "S3", LOKI, "endpoint, bucket_name", _ -> metrics.stored(at.at("loki"),
                        "/flush", 7, "loki_objstore_bucket_last_successful_upload_time"), "log-push"),
                arrow("bucket-tempo", "Tempo", "S3", TEMPO, "endpoint, bucket", _ -> metrics.stored(at.at("tempo"),
                        "", 15, "(tempodb_blocklist_length|tempo_live_store_local_blocks_flushed_total)"), "trace"),
                arrow("query-mimir", "Grafana", "Mimir", SOURCES, "uid: mimir, url", _ -> grafana.query("mimir",
                        "/api/v1/query?query=" + MetricChecks.DURATION + "_count", "\"metric\":\\{\""), "sample"),
                arrow("query-loki", "Grafana", "Loki", SOURCES, "uid: loki, url", order -> grafana.query("loki",
                        LogChecks.rangeQuery(order, LogChecks.byIds(order)), order.traceId()), "labels",
                        "structured-metadata"),
                arrow("query-tempo", "Grafana", "Tempo", SOURCES, "uid: tempo, url", order -> grafana.query("tempo",
                        "/api/traces/" + order.traceId(), "\"spans\""), "trace"),
                arrow("links", "Internet", "Grafana", SOURCES, "exemplarTraceIdDestinations, derivedFields, "
                        + "tracesToLogsV2, tracesToMetrics, serviceMap", _ -> grafana.links()),
                arrow("dashboard", "Internet", "Grafana", BOARDS, "path", _ -> Finding.of("a provisioned dashboard",
                        at.at("grafana").text("/api/search?type=dash-db"), "\"title\"")));
    }

    private static Arrow arrow(String name, String from, String to, String file, String setting, Check check,
            String... needs) {
        return new Arrow(name, from, to, file, setting, check, List.of(needs));
    }
}
