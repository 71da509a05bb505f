package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.json.Json;
import demo.json.JsonException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Names that must be the same in several files, and what the documents promise about every container. */
final class ContractsTest {
    private static final Set<String> DATA_SOURCES = Set.of("mimir", "loki", "tempo");
    /** Metrics that queries may use besides the service's own: from Alloy's scrape and from Tempo. */
    private static final Pattern FOREIGN = Pattern.compile(
            "up|(scrape|prometheus|traces_spanmetrics|traces_service_graph|alloy|otelcol|loki|minio|jvm|process)_\\w+");
    private static final Path METRICS = Path.of("src/demo/metrics/Metrics.java");
    private static final String RULES = Stack.text(Stack.INFRA.resolve("mimir/rules/anonymous/slo.yaml"));

    private final Map<?, ?> loki = Stack.yaml("loki/loki.yaml");
    private final Map<?, ?> tempo = Stack.yaml("tempo/tempo.yaml");
    private final Map<?, ?> mimir = Stack.yaml("mimir/mimir.yaml");
    private final Map<String, Map<?, ?>> services = Stack.services();

    @Test
    void eachBackendListensOnItsPublishedPortAndUsesABucketThatExists() {
        for (var backend : Map.of("loki", loki, "tempo", tempo, "mimir", mimir).entrySet()) {
            String port = Stack.at(backend.getValue(), "server.http_listen_port").toString();
            assertTrue(Stack.list(services.get("obs/" + backend.getKey()), "ports").toString().contains(":" + port));
        }
        var buckets = Set.of(Stack.at(loki, "common.storage.object_store.s3.bucket_name"),
                Stack.at(tempo, "storage.trace.s3.bucket"),
                Stack.at(mimir, "common.storage.s3.bucket_name"));
        assertEquals(buckets, Stack.matches("/data/(\\w+)", services.get("obs/prepare").get("command").toString()));
    }

    @Test
    void theLabelsOfLokiAreTheAttributesThatAlloySets() {
        var attributes = Stack.map(loki, "limits_config.otlp_config.resource_attributes");
        Object labels = ((Map<?, ?>) Stack.list(attributes, "attributes_config").getFirst()).get("attributes");

        assertEquals(Stack.matches("to = \"resource\\.(\\w+)\"", Stack.text(Stack.INFRA.resolve("alloy/config.alloy"))),
                new TreeSet<>((List<?>) labels));
    }

    @Test
    void alloyFollowsTheFileThatTheApiWrites() {
        assertEquals(Stack.at(services.get("api/api"), "environment.LOG_FILE"),
                Stack.at(services.get("api/alloy"), "environment.API_LOG_FILE"));
        String folder = Stack.list(services.get("api/api"), "volumes").getFirst().toString();
        assertTrue(Stack.list(services.get("api/alloy"), "volumes").contains(folder.replace(":z", ":ro,z")), folder);
    }

    @Test
    void allTelemetryIsKeptForTheSameTime() {
        assertEquals(Set.of("168h"), new TreeSet<>(List.of(Stack.at(loki, "limits_config.retention_period"),
                Stack.at(tempo, "backend_worker.compaction.block_retention"),
                Stack.at(tempo, "backend_scheduler.provider.compaction.compaction.block_retention"),
                Stack.at(mimir, "limits.compactor_blocks_retention_period"))));
    }

    @Test
    void everyQueryUsesOnlyExistingMetrics() throws JsonException {
        Set<String> produced = Stack.matches("\"([a-z]+(?:_[a-z]+)+)\"", Stack.text(METRICS));
        assertTrue(produced.contains("http_server_request_duration_seconds"), produced.toString());
        var queries = new ArrayList<>(Stack.matches("query: '([^']+)'", dataSources()));
        for (Path dashboard : Stack.files(".json")) {
            queries.addAll(values(dashboard, "targets", "expr"));
        }
        assertTrue(queries.size() > 5, queries.toString());
        for (String query : queries) {
            for (String metric : Stack.matches("(?<![\\w:])([a-z]\\w*_\\w+)(?=[{\\[])", query)) {
                assertTrue(produced.contains(metric.replaceAll("_(bucket|count|sum)$", ""))
                        || FOREIGN.matcher(metric).matches(), metric + " in " + query + " is not one of " + produced);
            }
        }
    }

    @Test
    void dashboardsAndLinksUseOnlyTheProvisionedDataSources() throws JsonException {
        assertEquals(DATA_SOURCES, Stack.matches("[uU]id: (\\w+)", dataSources()));
        for (Path dashboard : Stack.files(".json")) {
            for (String uid : values(dashboard, "datasource", "uid")) {
                // Mixed is built-in: a panel with queries to two data sources.
                assertTrue(DATA_SOURCES.contains(uid) || uid.equals("-- Mixed --"), dashboard + ": " + uid);
            }
        }
    }

    /** sanitize-url 7.1.2, used by later Grafana versions, decodes a link and truncates it at the ampersand. */
    @Test
    void noLinkOfADashboardHasAnEncodedAmpersand() {
        for (Path dashboard : Stack.files(".json")) {
            assertFalse(Stack.text(dashboard).contains("%26"), dashboard.toString());
        }
    }

    @Test
    void latencyObjectiveIsABucketBound() {
        String buckets = Stack.matches("BUCKETS = \\{([^}]*)}", Stack.text(METRICS)).iterator().next();

        assertEquals(Set.of("0.25"), Stack.matches("le=\"([^\"]+)\"", RULES));
        assertTrue(List.of(buckets.strip().split(",\\s*")).contains("0.25"), buckets);
    }

    @Test
    void nameOfARecordedRateContainsItsWindow() {
        for (String rule : RULES.split("(?m)^ *- ")) {
            if (rule.startsWith("record: ")) {
                String window = rule.lines().findFirst().orElseThrow().replaceAll(".*rate", "");
                assertEquals(Set.of(window), Stack.matches("\\[(\\w+)]", rule), rule);
            }
        }
    }

    @Test
    void everyAlertFiresInATest() {
        assertEquals(Stack.matches("- alert: (\\w+)", RULES),
                Stack.matches("alertname=\"(\\w+)", Stack.text(Path.of("test/demo/infra/slo-test.yaml"))));
    }

    @Test
    void everyImageIsPinnedByTagInOneFile() {
        String units = Stack.UNITS.stream().map(Stack.INFRA::resolve).map(Stack::text).collect(Collectors.joining());
        String pins = Stack.text(Stack.INFRA.resolve(".env"));

        assertEquals(Stack.matches("(?m)^(\\w+_IMAGE)=", pins),
                Stack.matches("\\$\\{(\\w+):\\?pinned in infra/\\.env}", units));
        assertEquals(Set.of("demo-api"), Stack.matches("image: (?!\\$\\{\\w+:\\?pinned)(.*)", units));
        Stack.matches("(?m)^\\w+_IMAGE=(.*)", pins).forEach(image -> assertTrue(
                image.matches("[a-z0-9./-]+:(?!latest)[\\w.-]+(@sha256:[0-9a-f]{64})?"), image));
    }

    @Test
    void everyContainerIsBoundedRestartedAndHasNoPrivileges() {
        services.forEach((name, service) -> {
            assertEquals(name.endsWith("/prepare") ? "no" : "unless-stopped", service.get("restart"), name);
            assertTrue(service.get("mem_limit").toString().matches("\\d+[mg]"), name + " has no memory limit");
            assertEquals(List.of("ALL"), service.get("cap_drop"), name);
            assertEquals(List.of("no-new-privileges:true"), service.get("security_opt"), name);
        });
    }

    @Test
    void everyPublishedPortIsADocumentedOneOnLoopback() {
        var published = new TreeSet<String>();
        services.values().forEach(service -> Stack.list(service, "ports").forEach(port -> {
            String[] part = port.toString().split(":");
            assertEquals(List.of("127.0.0.1", part[2]), List.of(part[0], part[1]), "port " + port);
            published.add(part[1]);
        }));

        String page = Stack.text(Path.of("docs/full-stack.md"));
        var documented = Stack.matches("(?m)^\\| \\w+ \\| (\\d[\\d, ]+) \\|", page);
        assertEquals(Set.of(String.join(", ", documented).split(", ")), published);
    }

    /** The option z: readable under SELinux. */
    @Test
    void everyMountHasTheOptionZAndFilesOfTheRepositoryAreReadOnly() {
        services.forEach((name, service) -> Stack.list(service, "volumes").forEach(volume -> {
            String[] part = volume.toString().replace("${STACK_DATA:-../var}", "DATA").split(":");
            if (part[0].startsWith("./")) {
                assertTrue(Files.exists(Stack.INFRA.resolve(part[0])), name + " mounts " + part[0]);
                assertEquals("ro,z", part[2], name + " " + volume);
            } else if (part[0].startsWith("DATA")) {
                assertTrue(part[2].endsWith("z"), name + " " + volume);
            }
        }));
    }

    private static String dataSources() {
        return Stack.text(Stack.INFRA.resolve("grafana/provisioning/datasources/datasources.yaml"));
    }

    /** Every value of the field {@code name} somewhere below a field {@code under}. */
    private static List<String> values(Path dashboard, String under, String name) throws JsonException {
        return Json.read(Stack.text(dashboard)).having(under).flatMap(part -> part.at(under).having(name))
                .map(part -> part.at(name).text()).distinct().toList();
    }
}
