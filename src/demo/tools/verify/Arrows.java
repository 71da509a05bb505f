package demo.tools.verify;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/**
 * The architecture as a list: every arrow of the two diagrams, in the order in which data goes over them. The README's
 * table is this list, and a test compares the two.
 */
final class Arrows {
    private static final String ALLOY = "infra/alloy/config.alloy";
    private static final String TEMPO = "infra/tempo/tempo.yaml";
    private static final String SOURCES = "infra/grafana/provisioning/datasources/datasources.yaml";
    private static final String REGION = "us-east-1";
    private static final String KEY = "minioadmin";

    private final List<Arrow> all;
    private final MimirSide mimir;
    private final Buckets buckets;
    private final Places places;

    Arrows(Http http, Places places, InstantSource clock) {
        this.places = places;
        var api = new ApiSide(http, places.api(), places.logFile());
        mimir = new MimirSide(http, places.mimir(), places.tempo());
        var loki = new LokiSide(http, places.loki(), places.api(), clock);
        var tempo = new TempoSide(http, places.tempo());
        var grafana = new GrafanaSide(http, places.grafana());
        buckets = new Buckets(http, new S3(http, places.s3(), KEY, KEY, REGION, clock), clock);
        all = List.of(
                fixed("request", "Internet", "API", "infra/docker-compose.api.yml", "ports", "no page, no answer", "api", api::answer),
                moving("log-line", "API", "app.log", "infra/docker-compose.api.yml", "LOG_FILE", "no log line anywhere", "api", api::line),
                fixed("scrape", "Alloy", "API", "src/demo/metrics/Metrics.java", "http_server_request_duration_seconds", "empty graphs", "api", api::series),
                fixed("scrape-exemplar", "Alloy", "API", "src/demo/trace/agent.properties", "otel.instrumentation.opentelemetry-api.enabled", "no dots on the graphs", "api", api::exemplar).needing("scrape"),
                moving("sample", "Alloy", "Mimir", ALLOY, "prometheus.scrape, prometheus.remote_write, job_name", "empty graphs though /metrics is full", "alloy", mimir::sample).needing("scrape"),
                moving("log-push", "Alloy", "Loki", ALLOY, "include, endpoint", "Loki finds nothing", "alloy", loki::line).needing("log-line"),
                moving("labels", "Alloy", "Loki", ALLOY, "resource.service, resource.level, resource.method", "`{service=\"api\"}` finds nothing, or there are too many streams", "alloy", loki::labels).needing("log-push"),
                moving("structured-metadata", "Alloy", "Loki", ALLOY, "attributes.trace_id, attributes.span_id", "a log line has no link to its trace", "alloy", loki::structuredMetadata).needing("log-push", "labels"),
                moving("complete", "Alloy", "Loki", ALLOY, "retry_on_failure, sending_queue, storage", "lines lost or doubled", "alloy", loki::complete).needing("log-push", "labels"),
                moving("trace", "API", "Tempo", "infra/docker-compose.api.yml", "OTEL_EXPORTER_OTLP_ENDPOINT", "trace not found", "api", tempo::trace),
                moving("exemplar", "Mimir", "Tempo", "infra/mimir/mimir.yaml", "max_global_exemplars_per_user (and send_exemplars in " + ALLOY + ")", "no dots on the graphs, or a dot that opens nothing", "mimir", mimir::exemplar).needing("scrape-exemplar", "sample", "trace"),
                moving("span-metrics", "Tempo", "Mimir", TEMPO, "remote_write, span-metrics", "no latencies by span", "tempo", mimir::spanMetrics).needing("trace"),
                moving("service-graph", "Tempo", "Mimir", TEMPO, "service-graphs", "an empty service graph", "tempo", mimir::serviceGraph).needing("trace", "span-metrics"),
                moving("bucket-mimir", "Mimir", "S3", "infra/mimir/mimir.yaml", "endpoint, bucket_name", "metrics gone after a restart", "mimir", request -> mimirBucket()).needing("sample"),
                moving("bucket-loki", "Loki", "S3", "infra/loki/loki.yaml", "endpoint, bucketnames", "logs gone after a restart", "loki",
                        request -> buckets.data("loki", "fake/", places.loki(), Http.uri(places.loki(), "/flush"), Duration.ofMinutes(7))).needing("log-push"),
                moving("bucket-tempo", "Tempo", "S3", TEMPO, "endpoint, bucket", "traces gone after a restart", "tempo",
                        request -> buckets.data("tempo", "single-tenant/", places.tempo(), null, Duration.ofMinutes(15))).needing("trace"),
                fixed("grafana", "Internet", "Grafana", "infra/docker-compose.obs.yml", "ports", "no page", "grafana", grafana::page),
                moving("query-mimir", "Grafana", "Mimir", SOURCES, "uid: mimir, url", "every graph says datasource not found, or no data", "grafana", grafana::mimir).needing("sample", "grafana"),
                moving("query-loki", "Grafana", "Loki", SOURCES, "uid: loki, url", "log panels are empty", "grafana", grafana::loki).needing("labels", "structured-metadata", "grafana"),
                moving("query-tempo", "Grafana", "Tempo", SOURCES, "uid: tempo, url", "no trace opens", "grafana", grafana::tempo).needing("trace", "grafana"),
                fixed("link-exemplar", "Mimir", "Tempo", SOURCES, "exemplarTraceIdDestinations", "a dot on a graph has no button", "grafana", grafana::exemplarLink).needing("grafana"),
                fixed("link-log", "Loki", "Tempo", SOURCES, "derivedFields", "a log line has no button", "grafana", grafana::logLink).needing("grafana"),
                fixed("link-trace-logs", "Tempo", "Loki", SOURCES, "tracesToLogsV2", "a span has no log button, or it finds nothing", "grafana", grafana::traceLogsLink).needing("grafana"),
                fixed("link-trace-metrics", "Tempo", "Mimir", SOURCES, "tracesToMetrics", "a span has no metrics button", "grafana", grafana::traceMetricsLink).needing("grafana"),
                fixed("link-service-graph", "Tempo", "Mimir", SOURCES, "serviceMap", "the service graph has no data source", "grafana", grafana::serviceMapLink).needing("grafana"),
                fixed("dashboard", "Internet", "Grafana", "infra/grafana/provisioning/dashboards/dashboards.yaml", "path", "no dashboard", "grafana", grafana::dashboard).needing("grafana"));
    }

    List<Arrow> all() {
        return all;
    }

    private Finding mimirBucket() throws IOException {
        return !mimir.isMimir() ? new Finding.Skipped("a Prometheus stands in for Mimir: it keeps samples on its own disk")
                : buckets.data("mimir", "blocks/", places.mimir().resolve("/"), places.mimir().resolve("/ingester/flush?wait=true"), Duration.ofHours(3));
    }

    /** Data travels: worth asking again for a while. */
    private static Arrow moving(String name, String from, String to, String file, String setting, String symptom, String service, Check check) {
        return new Arrow(name, from, to, file, setting, symptom, service, true, check, List.of());
    }

    private static Arrow fixed(String name, String from, String to, String file, String setting, String symptom, String service, Check check) {
        return new Arrow(name, from, to, file, setting, symptom, service, false, check, List.of());
    }
}
