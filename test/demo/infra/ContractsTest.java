package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.json.Json;
import demo.json.JsonException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Names that must be the same in several files. */
final class ContractsTest {
    private static final Set<String> LABELS = Set.of("service", "level", "method");
    private static final Set<String> DATA_SOURCES = Set.of("mimir", "loki", "tempo");
    /** Metrics that queries may use besides the service's own: from Alloy's scrape and from Tempo. */
    private static final Pattern FOREIGN = Pattern.compile(
            "up|(scrape|prometheus|traces_spanmetrics|traces_service_graph|alloy|otelcol|loki|minio|jvm|process)_\\w+");

    private final Map<?, ?> loki = Stack.yaml("loki/loki.yaml");
    private final Map<?, ?> tempo = Stack.yaml("tempo/tempo.yaml");
    private final Map<?, ?> mimir = Stack.yaml("mimir/mimir.yaml");
    private final String alloy = Stack.text(Stack.INFRA.resolve("alloy/config.alloy"));

    @Test
    void eachBackendHasItsPortAndItsBucket() {
        assertEquals(3100, Stack.at(loki, "server", "http_listen_port"));
        assertEquals(3200, Stack.at(tempo, "server", "http_listen_port"));
        assertEquals(9009, Stack.at(mimir, "server", "http_listen_port"));
        assertTrue(Stack.at(tempo, "distributor", "receivers", "otlp", "protocols", "grpc", "endpoint").toString()
                .endsWith(":4317"));
        assertEquals("loki", Stack.at(loki, "common", "storage", "object_store", "s3", "bucket_name"));
        assertEquals("tempo", Stack.at(tempo, "storage", "trace", "s3", "bucket"));
        assertEquals("mimir", Stack.at(mimir, "common", "storage", "s3", "bucket_name"));
        assertEquals("mkdir -p /data/mimir /data/loki /data/tempo && chown -R 472:0 /grafana",
                Stack.list(Stack.services().get("obs/prepare"), "command").getFirst());
    }

    @Test
    void logLinesHaveThreeLabelsAndIdsAreMetadata() {
        Map<?, ?> limits = Stack.map(loki, "limits_config");
        Map<?, ?> attributes = Stack.map(limits, "otlp_config", "resource_attributes");
        Map<?, ?> indexed = first(attributes, "attributes_config");

        assertEquals("index_label", indexed.get("action"));
        assertEquals(LABELS, Set.copyOf(Stack.list(indexed, "attributes")));
        assertEquals(true, attributes.get("ignore_defaults"));
        assertEquals(List.of(), limits.get("discover_service_name"));
        assertEquals(false, limits.get("discover_log_levels"));
        assertEquals(LABELS, matches("to = \"resource\\.(\\w+)\"", alloy));
        assertTrue(alloy.contains("to = \"attributes.trace_id\"") && alloy.contains("to = \"attributes.span_id\""));
    }

    @Test
    void everyHopForwardsExemplarsAndNativeHistograms() {
        assertTrue(alloy.contains("scrape_native_histograms  = true"));
        assertTrue(alloy.contains("scrape_classic_histograms = true"));
        assertTrue(alloy.contains("send_exemplars         = true") && alloy.contains("send_native_histograms = true"));
        assertTrue((int) Stack.at(mimir, "limits", "max_global_exemplars_per_user") > 0);
        assertEquals(true, first(Stack.map(tempo, "metrics_generator", "storage"), "remote_write")
                .get("send_exemplars"));
    }

    @Test
    void everyBackendHasARetention() {
        assertEquals("168h", Stack.at(loki, "limits_config", "retention_period"));
        assertEquals(true, Stack.at(loki, "compactor", "retention_enabled"));
        assertEquals("168h", Stack.at(tempo, "backend_worker", "compaction", "block_retention"));
        assertEquals("168h",
                Stack.at(tempo, "backend_scheduler", "provider", "compaction", "compaction", "block_retention"));
        assertEquals("168h", Stack.at(mimir, "limits", "compactor_blocks_retention_period"));
    }

    @Test
    void grafanaHasThreeDataSourcesAndEveryLinkUsesOneOfThem() {
        Map<?, ?> provisioned = Stack.yaml("grafana/provisioning/datasources/datasources.yaml");
        Map<String, Map<?, ?>> byUid = new TreeMap<>();
        Stack.list(provisioned, "datasources").forEach(source ->
                byUid.put(((Map<?, ?>) source).get("uid").toString(), (Map<?, ?>) source));

        assertEquals(DATA_SOURCES, byUid.keySet());
        assertEquals("$MIMIR_URL", byUid.get("mimir").get("url"));
        Map<?, ?> grafana = Stack.map(Stack.services().get("obs/grafana"), "environment");
        assertTrue(grafana.get("MIMIR_URL").toString().endsWith("/prometheus"));
        Map<?, ?> toTrace = first(Stack.map(byUid.get("mimir"), "jsonData"), "exemplarTraceIdDestinations");
        assertEquals("trace_id", toTrace.get("name"));
        assertEquals("tempo", toTrace.get("datasourceUid"));
        Map<?, ?> derived = first(Stack.map(byUid.get("loki"), "jsonData"), "derivedFields");
        assertEquals("label", derived.get("matcherType"));
        assertEquals("tempo", derived.get("datasourceUid"));
        assertEquals("$${__value.raw}", derived.get("url"));
        Map<?, ?> ofTempo = Stack.map(byUid.get("tempo"), "jsonData");
        assertEquals("loki", Stack.at(ofTempo, "tracesToLogsV2", "datasourceUid"));
        assertEquals("{$${__tags}} | trace_id = \"$${__trace.traceId}\"", Stack.at(ofTempo, "tracesToLogsV2", "query"));
        assertEquals("mimir", Stack.at(ofTempo, "tracesToMetrics", "datasourceUid"));
        assertEquals("mimir", Stack.at(ofTempo, "serviceMap", "datasourceUid"));
    }

    @Test
    void everyQueryUsesOnlyExistingMetrics() throws JsonException {
        Set<String> produced =
                matches("\"([a-z]+(?:_[a-z]+)+)\"", Stack.text(Path.of("src/demo/metrics/Metrics.java")));
        assertTrue(produced.contains("http_server_request_duration_seconds"), produced.toString());
        var queries = new ArrayList<>(matches("query: '([^']+)'",
                Stack.text(Stack.INFRA.resolve("grafana/provisioning/datasources/datasources.yaml"))));
        for (Path dashboard : Stack.files(".json")) {
            queries.addAll(values(dashboard, "targets", "expr"));
        }
        assertTrue(queries.size() > 5, queries.toString());
        for (String query : queries) {
            for (String metric : matches("(?<![\\w:])([a-z]\\w*_\\w+)(?=[{\\[])", query)) {
                assertTrue(produced.contains(metric.replaceAll("_(bucket|count|sum)$", ""))
                                || FOREIGN.matcher(metric).matches(),
                        metric + " in " + query + " is not one of " + produced);
            }
        }
    }

    @Test
    void everyDashboardUsesKnownDataSourcesAndTheHomeDashboardExists() throws JsonException {
        for (Path dashboard : Stack.files(".json")) {
            for (String uid : values(dashboard, "datasource", "uid")) {
                // Mixed is built-in: a panel with queries to two data sources.
                assertTrue(DATA_SOURCES.contains(uid) || uid.equals("-- Mixed --"), dashboard + ": " + uid);
            }
        }
        String home = Stack.at(Stack.services().get("obs/grafana"), "environment",
                "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH").toString();
        assertTrue(Stack.files(".json").contains(Stack.INFRA.resolve(home.replace("/etc/grafana/", "grafana/"))), home);
    }

    /** sanitize-url 7.1.2, used by later Grafana versions, decodes a link and truncates it at the ampersand. */
    @Test
    void noLinkOfADashboardHasAnEncodedAmpersand() {
        for (Path dashboard : Stack.files(".json")) {
            assertFalse(Stack.text(dashboard).contains("%26"), dashboard.toString());
        }
    }

    private static Map<?, ?> first(Map<?, ?> from, String key) {
        return (Map<?, ?>) Stack.list(from, key).getFirst();
    }

    /** What the first group matches. */
    private static Set<String> matches(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Every value of the field {@code name} somewhere below a field {@code under}. */
    private static List<String> values(Path dashboard, String under, String name) throws JsonException {
        return Json.read(Stack.text(dashboard)).having(under).flatMap(part -> part.at(under).having(name))
                .map(part -> part.at(name).text()).distinct().toList();
    }
}
