package demo.tools.verify;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * The architecture as a list: first whether each service responds, then every arrow of the two diagrams in the order in
 * which data flows. The documentation's table is this list, and a test compares the two.
 */
final class Arrows {
    private static final String API_UNIT = "infra/docker-compose.api.yml";
    private static final String OBS_UNIT = "infra/docker-compose.obs.yml";
    private static final String ALLOY = "infra/alloy/config.alloy";
    private static final String MIMIR = "infra/mimir/mimir.yaml";
    private static final String LOKI = "infra/loki/loki.yaml";
    private static final String TEMPO = "infra/tempo/tempo.yaml";
    private static final String SOURCES = "infra/grafana/provisioning/datasources/datasources.yaml";

    private final List<Arrow> all = new ArrayList<>();
    private final ApiChecks api;

    Arrows(Deployment at, InstantSource clock) {
        var loki = new LokiChecks(at, clock);
        var mimir = new MimirChecks(at.at("mimir"), at.at("tempo"), at.at("alloy"));
        var tempo = new TempoChecks(at.at("tempo"));
        var grafana = new GrafanaChecks(at.at("grafana"));
        var buckets = new BucketChecks();
        api = new ApiChecks(at, loki);

        service("minio", "S3", OBS_UNIT, "9000", _ -> ServiceChecks.responds(at.at("minio"), "/minio/health/live",
                "minio"));
        service("mimir", "Mimir", MIMIR, "http_listen_port", _ -> ServiceChecks.responds(at.at("mimir"),
                "/api/v1/status/buildinfo", "\"success\""));
        service("loki", "Loki", LOKI, "http_listen_port", _ -> ServiceChecks.responds(at.at("loki"),
                "/loki/api/v1/status/buildinfo", "\"revision\""));
        service("tempo", "Tempo", TEMPO, "http_listen_port", _ -> ServiceChecks.responds(at.at("tempo"), "/api/echo",
                "echo"));
        service("alloy", "Alloy", API_UNIT, "alloy", _ -> ServiceChecks.alloy(at));
        add("grafana", "Internet", "Grafana", OBS_UNIT, "3000", "no page", "grafana", grafana::page);
        add("request", "Internet", "API", API_UNIT, "8000", "no page, no response", "api", api::response);
        add("log-line", "API", "app.log", API_UNIT, "LOG_FILE", "no log line anywhere", "api", api::line);
        add("scrape", "Alloy", "API", "src/demo/metrics/Metrics.java", "http_server_request_duration_seconds",
                "empty graphs", "api", api::series);
        add("scrape-exemplar", "Alloy", "API", "src/demo/trace/agent.properties",
                "otel.instrumentation.opentelemetry-api.enabled", "no dots on the graphs", "api", api::exemplar,
                "scrape");
        add("sample", "Alloy", "Mimir", ALLOY, "prometheus.scrape, prometheus.remote_write, job_name",
                "empty graphs though /metrics is full", "alloy", mimir::sample, "scrape");
        add("log-push", "Alloy", "Loki", ALLOY, "include, endpoint", "Loki finds nothing", "alloy", loki::line,
                "log-line");
        add("labels", "Alloy", "Loki", ALLOY, "resource.service, resource.level, resource.method",
                "`{service=\"api\"}` finds nothing, or there are too many streams", "alloy", loki::labels,
                "log-push");
        add("structured-metadata", "Alloy", "Loki", ALLOY, "attributes.trace_id, attributes.span_id",
                "a log line has no link to its trace", "alloy", loki::structuredMetadata, "log-push", "labels");
        add("complete", "Alloy", "Loki", ALLOY, "retry_on_failure, sending_queue, storage",
                "lines are dropped or doubled", "alloy", loki::complete, "log-push", "labels");
        add("trace", "API", "Tempo", API_UNIT, "OTEL_EXPORTER_OTLP_ENDPOINT", "trace not found", "api", tempo::trace);
        add("exemplar", "Mimir", "Tempo", MIMIR,
                "max_global_exemplars_per_user (and send_exemplars in " + ALLOY + ")",
                "no dots on the graphs, or a dot that opens nothing", "mimir", mimir::exemplar, "scrape-exemplar",
                "sample", "trace");
        add("span-metrics", "Tempo", "Mimir", TEMPO, "remote_write, span-metrics", "no latencies by span", "tempo",
                mimir::spanMetrics, "trace");
        add("service-graph", "Tempo", "Mimir", TEMPO, "service-graphs", "an empty service graph", "tempo",
                mimir::serviceGraph, "trace", "span-metrics");
        add("bucket-mimir", "Mimir", "S3", MIMIR, "endpoint, bucket_name", "metrics gone after a restart", "mimir",
                _ -> buckets.mimir(at.at("mimir")), "sample");
        add("bucket-loki", "Loki", "S3", LOKI, "endpoint, bucket_name", "logs gone after a restart", "loki",
                _ -> buckets.loki(at.at("loki")), "log-push");
        add("bucket-tempo", "Tempo", "S3", TEMPO, "endpoint, bucket", "traces gone after a restart", "tempo",
                _ -> buckets.tempo(at.at("tempo")), "trace");
        add("query-mimir", "Grafana", "Mimir", SOURCES, "uid: mimir, url",
                "every graph says datasource not found, or no data", "grafana", grafana::mimir, "sample");
        add("query-loki", "Grafana", "Loki", SOURCES, "uid: loki, url", "log panels are empty", "grafana",
                grafana::loki, "labels", "structured-metadata");
        add("query-tempo", "Grafana", "Tempo", SOURCES, "uid: tempo, url", "no trace opens", "grafana",
                grafana::tempo, "trace");
        add("links", "Internet", "Grafana", SOURCES,
                "exemplarTraceIdDestinations, derivedFields, tracesToLogsV2, tracesToMetrics, serviceMap",
                "a dot, a log line or a span has no button", "grafana", grafana::links);
        add("dashboard", "Internet", "Grafana", "infra/grafana/provisioning/dashboards/dashboards.yaml", "path",
                "no dashboard", "grafana", grafana::dashboard);
    }

    List<Arrow> all() {
        return List.copyOf(all);
    }

    ApiChecks api() {
        return api;
    }

    private void service(String name, String title, String file, String setting, Arrow.Check check) {
        add(name, "verify", title, file, setting, "nothing works that needs " + title, name, check);
    }

    private void add(String name, String from, String to, String file, String setting, String symptom, String service,
            Arrow.Check check, String... needs) {
        all.add(new Arrow(name, from, to, file, setting, symptom, service, check, List.of(needs)));
    }
}
