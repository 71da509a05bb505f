package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The Kubernetes files: the values that they share with the Compose files, and their security rules. */
final class KubernetesTest {
    private static final Path K8S = Stack.INFRA.resolve("k8s");

    @Test
    void lokiHasTheLimitsRetentionAndLabelsOfTheContainers() throws IOException {
        Object containers = Stack.yaml("loki/loki.yaml");
        Object values = at(values("loki"), "loki");

        for (String part : List.of("limits_config", "compactor", "ingester.chunk_block_size",
                "ingester.chunk_target_size", "ingester.chunk_idle_period", "ingester.wal")) {
            assertEquals(at(containers, part), at(values, part), part);
        }
        assertEquals(at(containers, "schema_config"), at(values, "schemaConfig"));
    }

    @Test
    void mimirHasTheLimitsAndRetentionOfTheContainers() throws IOException {
        Object containers = Stack.yaml("mimir/mimir.yaml");

        for (String part : List.of("limits", "blocks_storage.storage_prefix")) {
            assertEquals(at(containers, part), at(values("mimir"), "mimir.structuredConfig." + part), part);
        }
    }

    /** The chart mounts a ConfigMap at /etc/mimir. The kubelet cannot mount a file below it. */
    @Test
    void rulerReadsTheRulesOutsideOfItsConfiguration() throws IOException {
        Object mount = list(at(values("mimir"), "ruler.extraVolumeMounts")).getFirst();

        assertEquals("/rules", at(values("mimir"), "mimir.structuredConfig.ruler_storage.local.directory"));
        assertEquals("/rules/demo", at(mount, "mountPath")); // the folder has the name of the tenant
    }

    @Test
    void tempoHasTheRetentionAndGeneratorOfTheContainers() throws IOException {
        Object containers = Stack.yaml("tempo/tempo.yaml");
        Object values = values("tempo");

        assertEquals(at(containers, "backend_worker.compaction.block_retention"),
                at(values, "backendScheduler.config.provider.compaction.compaction.block_retention"));
        assertEquals(at(containers, "overrides.defaults"), at(values, "overrides.defaults"));
        Object generator = at(values, "metricsGenerator.config");
        for (String part : List.of("registry", "processor", "storage.remote_write_flush_deadline")) {
            assertEquals(at(containers, "metrics_generator." + part), at(generator, part), part);
        }
    }

    @Test
    void noOverlayChangesLimitsRetentionOrLabels() throws IOException {
        var forbidden = Pattern.compile("limits_config|structuredConfig\\.limits|retention|index_label");
        for (Path file : files(K8S.resolve("overlays"))) {
            assertFalse(forbidden.matcher(Stack.text(file)).find(), file.toString());
        }
    }

    @Test
    void imagesAreThoseOfTheContainers() {
        assertEquals(Stack.pins().getProperty("ALLOY_IMAGE"), at(containers(deployment()).getFirst(), "image"));
        assertEquals(Set.of(Stack.pins().getProperty("S3_IMAGE")),
                Stack.text(K8S.resolve("overlays/kind/obs/minio.yaml")).lines().filter(line -> line.contains("image: "))
                        .map(line -> line.replaceAll(".*image: ", "")).collect(Collectors.toSet()));
    }

    @Test
    void alloyStartsBeforeTheApiAndStopsAfterIt() throws IOException {
        Object alloy = list(at(deployment(), "spec.template.spec.initContainers")).getFirst();

        assertEquals("Always", at(alloy, "restartPolicy"));
        String preStop = at(alloy, "lifecycle.preStop.exec.command").toString();
        assertTrue(preStop.contains("while (exec 3<>/dev/tcp/127.0.0.1/8000)"), "waits until the API's port is closed");
    }

    @Test
    void podNameIsInstanceAndMetadataButNotALabel() throws IOException {
        String alloy = Stack.text(Stack.INFRA.resolve("alloy/config.alloy"));
        List<?> environment = list(at(containers(deployment()).getFirst(), "env"));

        assertTrue(environment.contains(Map.of("name", "LINE_ATTRIBUTES", "value", "{\"pod\": \"$(POD_NAME)\"}")));
        assertTrue(alloy.contains("coalesce(sys.env(\"LINE_ATTRIBUTES\"), \"{}\")"));
        assertTrue(alloy.contains("\"instance\"    = coalesce(sys.env(\"POD_NAME\")"));
        assertFalse(at(values("loki"), "loki.limits_config.otlp_config").toString().contains("pod"));
    }

    /** As the Pod Security Standard "restricted", which both namespaces enforce, requires. */
    @Test
    void everyPodIsRestrictedAndEveryContainerHasAMemoryLimit() {
        for (String unit : List.of("api", "obs")) {
            Map<?, ?> labels = (Map<?, ?>) at(Stack.yaml("k8s/" + unit + "/namespace.yaml"), "metadata.labels");
            assertEquals("restricted", labels.get("pod-security.kubernetes.io/enforce"));
        }
        int pods = 0;
        for (Path file : files(K8S.resolve("rendered/kind"))) {
            for (Object workload : new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(Stack.text(file))) {
                if (!(workload instanceof Map<?, ?> map) || !(map.get("spec") instanceof Map<?, ?> spec)
                        || !spec.containsKey("template")) {
                    continue;
                }
                pods++;
                String pod = at(spec, "template.spec").toString();
                assertTrue(pod.contains("runAsNonRoot=true") && !pod.contains("runAsNonRoot=false"), pod);
                assertTrue(pod.contains("seccompProfile={type=RuntimeDefault}"), pod);
                for (Object container : containers(map)) {
                    assertEquals(false, at(container, "securityContext.allowPrivilegeEscalation"));
                    assertEquals(List.of("ALL"), at(container, "securityContext.capabilities.drop"));
                    assertTrue(at(container, "resources.limits.memory") != null);
                }
            }
        }
        assertTrue(pods > 15, pods + " pods");
    }

    @Test
    void internalPathsAreNotRouted() throws IOException {
        List<?> rules = list(at(Stack.yaml("k8s/api/ingress.yaml"), "spec.rules"));
        List<?> routes = list(at(rules.getFirst(), "http.paths"));

        for (String path : List.of("/metrics", "/faults", "/healthz", "/readyz", "/faults/slow", "/metrics/")) {
            assertFalse(routes.stream().anyMatch(route -> matches(route, path)), path);
        }
        for (String path : List.of("/", "/menu", "/orders", "/orders/1", "/payments")) {
            assertTrue(routes.stream().anyMatch(route -> matches(route, path)), path);
        }
    }

    /** As an Ingress defines it: a prefix ends at a slash. */
    private static boolean matches(Object route, String path) {
        String rule = at(route, "path").toString();
        boolean prefix = "Prefix".equals(at(route, "pathType"));
        return path.equals(rule) || prefix && path.startsWith(rule.endsWith("/") ? rule : rule + "/");
    }

    @Test
    void noFileHasASecret() throws IOException {
        var secret = Pattern.compile("(?m)^kind: Secret$|minioadmin|secret_(access_)?key: (?!null$)");
        for (Path file : files(K8S)) {
            assertFalse(secret.matcher(Stack.text(file)).find(), file.toString());
        }
    }

    /** {@code cloud.sh check} validates the rendered files and compares them with the committed files. */
    @Test
    void committedRenderingIsUpToDate() throws Exception {
        assumeTrue(System.getenv("CHARTS") != null, "needs helm, kustomize and the charts in the folder CHARTS");
        Stack.run(0, List.of("infra/k8s/cloud.sh", "check"));
    }

    /** A key that the chart does not have would be ignored without a message. */
    @Test
    void everyValuesKeyIsOneOfItsChart() throws IOException {
        assumeTrue(System.getenv("CHARTS") != null, "needs the charts in the folder CHARTS");
        int checked = 0;
        for (String line : Files.readAllLines(K8S.resolve("obs/charts.txt"))) {
            String[] chart = line.split(" +");
            Path folder = Path.of(System.getenv("CHARTS")).resolve(chart[2]);
            if (line.startsWith("#") || !Files.exists(folder)
                    || !chart[3].equals(at(yaml(folder, "Chart.yaml"), "version"))) {
                continue;
            }
            for (String layer : List.of("obs", "overlays/kind", "overlays/aws")) {
                String file = layer + "/values/" + chart[0] + ".yaml";
                var unknown = new ArrayList<String>();
                collectUnknown("", yaml(K8S, file), yaml(folder, "values.yaml"), unknown);
                assertEquals(List.of(), unknown, file + ": keys that " + chart[2] + " does not have");
                checked++;
            }
        }
        assumeTrue(checked > 0, "CHARTS has no chart of the pinned versions");
    }

    /** Below these keys a chart accepts any key and passes it on unchanged. */
    private static final Set<String> PASSED_ON = Set.of(".loki.limits_config", ".loki.ingester",
            ".loki.storage.bucketNames", ".storage.trace.s3", ".overrides.defaults",
            ".metricsGenerator.config", ".tempo.podSecurityContext", ".ingress.ingressClassName");

    private static void collectUnknown(String path, Object given, Object known, List<String> unknown) {
        if (PASSED_ON.contains(path) || path.endsWith(".resources") || !(given instanceof Map<?, ?> map)
                || !(known instanceof Map<?, ?> chart) || chart.isEmpty()) {
            return;
        }
        map.forEach((key, value) -> {
            if (chart.containsKey(key)) {
                collectUnknown(path + "." + key, value, chart.get(key), unknown);
            } else if (!PASSED_ON.contains(path + "." + key)) {
                unknown.add(path + "." + key);
            }
        });
    }

    private static Map<?, ?> yaml(Path folder, String file) {
        return new Yaml(new SafeConstructor(new LoaderOptions())).load(Stack.text(folder.resolve(file)));
    }

    private static Map<?, ?> values(String release) {
        return Stack.yaml("k8s/obs/values/" + release + ".yaml");
    }

    private static Map<?, ?> deployment() {
        return Stack.yaml("k8s/api/deployment.yaml");
    }

    /** Init containers and sidecars first. */
    private static List<Object> containers(Map<?, ?> workload) {
        Map<?, ?> pod = Stack.map(workload, "spec", "template", "spec");
        var all = new ArrayList<Object>(Stack.list(pod, "initContainers"));
        all.addAll(Stack.list(pod, "containers"));
        return all;
    }

    private static List<Path> files(Path folder) {
        return Stack.files(".yaml").stream().filter(file -> file.startsWith(folder)).toList();
    }

    private static List<?> list(Object value) {
        return (List<?>) value;
    }

    /** The value under a path of keys, dots between them. */
    private static Object at(Object from, String path) {
        return Stack.at((Map<?, ?>) from, path.split("\\."));
    }
}
