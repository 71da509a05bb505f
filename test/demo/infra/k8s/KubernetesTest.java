package demo.infra.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The Kubernetes files: the values that they share with the Compose files, and their security rules. */
final class KubernetesTest {
    private static final Path INFRA = Path.of("infra");
    private static final Path K8S = INFRA.resolve("k8s");

    @Test
    void lokiHasTheLimitsRetentionAndLabelsOfTheContainers() throws IOException {
        Object containers = yaml(INFRA.resolve("loki/loki.yaml"));
        Object values = at(values("loki"), "loki");

        for (String part : List.of("limits_config", "compactor", "ingester.chunk_block_size",
                "ingester.chunk_target_size", "ingester.chunk_idle_period", "ingester.wal")) {
            assertEquals(at(containers, part), at(values, part), part);
        }
        assertEquals(at(containers, "schema_config"), at(values, "schemaConfig"));
    }

    @Test
    void mimirHasTheLimitsAndRetentionOfTheContainers() throws IOException {
        Object containers = yaml(INFRA.resolve("mimir/mimir.yaml"));

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
        Object containers = yaml(INFRA.resolve("tempo/tempo.yaml"));
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
            assertFalse(forbidden.matcher(Files.readString(file)).find(), file.toString());
        }
    }

    @Test
    void imagesAreThoseOfTheContainers() throws IOException {
        var pins = new Properties();
        try (Reader env = Files.newBufferedReader(INFRA.resolve(".env"))) {
            pins.load(env);
        }

        assertEquals(pins.getProperty("ALLOY_IMAGE"), at(containers(deployment()).getFirst(), "image"));
        for (Object document : documents(K8S.resolve("overlays/kind/obs/minio.yaml"))) {
            if ("StatefulSet".equals(at(document, "kind"))) {
                for (Object container : containers(document)) {
                    assertEquals(pins.getProperty("S3_IMAGE"), at(container, "image"));
                }
            }
        }
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
        String alloy = Files.readString(INFRA.resolve("alloy/config.alloy"));
        List<?> environment = list(at(containers(deployment()).getFirst(), "env"));

        assertTrue(environment.contains(Map.of("name", "LINE_ATTRIBUTES", "value", "{\"pod\": \"$(POD_NAME)\"}")));
        assertTrue(alloy.contains("coalesce(sys.env(\"LINE_ATTRIBUTES\"), \"{}\")"));
        assertTrue(alloy.contains("\"instance\"    = coalesce(sys.env(\"POD_NAME\")"));
        assertFalse(at(values("loki"), "loki.limits_config.otlp_config").toString().contains("pod"));
    }

    @Test
    void everyPodOfTheApiUnitIsRestricted() throws IOException {
        Map<?, ?> labels = (Map<?, ?>) at(yaml(K8S.resolve("api/namespace.yaml")), "metadata.labels");
        assertEquals("restricted", labels.get("pod-security.kubernetes.io/enforce"));
        Object pod = at(deployment(), "spec.template.spec");

        assertEquals(true, at(pod, "securityContext.runAsNonRoot"));
        assertEquals("RuntimeDefault", at(pod, "securityContext.seccompProfile.type"));
        for (Object container : containers(deployment())) {
            assertEquals(false, at(container, "securityContext.allowPrivilegeEscalation"));
            assertEquals(true, at(container, "securityContext.readOnlyRootFilesystem"));
            assertEquals(List.of("ALL"), at(container, "securityContext.capabilities.drop"));
            assertTrue(at(container, "resources.limits.memory") != null);
        }
    }

    @Test
    void internalPathsAreNotRouted() throws IOException {
        List<?> rules = list(at(yaml(K8S.resolve("api/ingress.yaml")), "spec.rules"));
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
            assertFalse(secret.matcher(Files.readString(file)).find(), file.toString());
        }
    }

    /** {@code cloud.sh check} validates the rendered files and compares them with the committed files. */
    @Test
    void committedRenderingIsUpToDate() throws IOException, InterruptedException {
        assumeTrue(System.getenv("CHARTS") != null, "needs helm, kustomize and the charts in the folder CHARTS");
        Path output = Files.createTempFile("cloud-check", ".txt");
        try {
            Process check = new ProcessBuilder("bash", "infra/k8s/cloud.sh", "check")
                    .redirectErrorStream(true).redirectOutput(output.toFile()).start();

            assertEquals(0, check.waitFor(), () -> read(output));
        } finally {
            Files.delete(output);
        }
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
                    || !chart[3].equals(at(yaml(folder.resolve("Chart.yaml")), "version"))) {
                continue;
            }
            Object known = yaml(folder.resolve("values.yaml"));
            for (String layer : List.of("obs", "overlays/kind", "overlays/aws")) {
                Path file = valuesOf(layer, chart[0]);
                var unknown = new ArrayList<String>();
                collectUnknown("", yaml(file), known, unknown);
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

    private static Path valuesOf(String layer, String release) {
        return K8S.resolve(layer).resolve("values/" + release + ".yaml");
    }

    static Object values(String release) throws IOException {
        return yaml(valuesOf("obs", release));
    }

    private static Object deployment() throws IOException {
        return yaml(K8S.resolve("api/deployment.yaml"));
    }

    /** Sidecars first. */
    private static List<Object> containers(Object workload) {
        var all = new ArrayList<Object>(list(at(workload, "spec.template.spec.initContainers")));
        all.addAll(list(at(workload, "spec.template.spec.containers")));
        return all;
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".yaml")).toList();
        }
    }

    private static Object yaml(Path file) throws IOException {
        return documents(file).getFirst();
    }

    private static List<Object> documents(Path file) throws IOException {
        var documents = new ArrayList<Object>();
        new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(Files.readString(file)).forEach(documents::add);
        return documents;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static List<?> list(Object value) {
        return (List<?>) value;
    }

    /** The value under a path of keys, dots between them. */
    static Object at(Object from, String path) {
        Object value = from;
        for (String key : path.split("\\.")) {
            if (!(value instanceof Map<?, ?> map) || !map.containsKey(key)) {
                throw new AssertionError("expected the key " + key + " of " + path + " in " + value);
            }
            value = map.get(key);
        }
        return value;
    }
}
