package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.Yaml;

/** The Kubernetes files: the values that they share with the Compose files, and their security rules. */
final class KubernetesTest {
    private static final Path K8S = Stack.INFRA.resolve("k8s");

    /** Limits, retention and labels: a file of the containers, and the key in the chart's values. */
    @ParameterizedTest
    @CsvSource(textBlock = """
            loki,  limits_config,              loki.limits_config
            loki,  compactor,                  loki.compactor
            loki,  ingester.chunk_block_size,  loki.ingester.chunk_block_size
            loki,  ingester.chunk_target_size, loki.ingester.chunk_target_size
            loki,  ingester.chunk_idle_period, loki.ingester.chunk_idle_period
            loki,  ingester.wal,               loki.ingester.wal
            loki,  schema_config,              loki.schemaConfig
            mimir, limits,                     mimir.structuredConfig.limits
            mimir, blocks_storage.storage_prefix, mimir.structuredConfig.blocks_storage.storage_prefix
            tempo, overrides.defaults,         overrides.defaults
            tempo, metrics_generator.registry, metricsGenerator.config.registry
            tempo, metrics_generator.processor, metricsGenerator.config.processor
            tempo, backend_worker.compaction.block_retention, \
                    backendScheduler.config.provider.compaction.compaction.block_retention""")
    void valuesAreThoseOfTheContainers(String backend, String key, String valuesKey) {
        assertEquals(Stack.at(Stack.yaml(backend + "/" + backend + ".yaml"), key),
                Stack.at(Stack.yaml("k8s/obs/values/" + backend + ".yaml"), valuesKey));
    }

    @Test
    void noOverlayChangesLimitsRetentionOrLabels() {
        var forbidden = Pattern.compile("limits_config|structuredConfig\\.limits|retention|index_label");
        for (Path file : files(K8S.resolve("overlays"))) {
            assertFalse(forbidden.matcher(Stack.text(file)).find(), file.toString());
        }
    }

    @Test
    void imagesAreThoseOfTheContainers() {
        String pins = Stack.text(Stack.INFRA.resolve(".env"));
        String minio = Stack.text(K8S.resolve("overlays/kind/obs/minio.yaml"));

        assertEquals(Stack.matches("ALLOY_IMAGE=(.*)", pins),
                Set.of(Stack.at(containers(Stack.yaml("k8s/api/deployment.yaml")).getFirst(), "image")));
        assertEquals(Stack.matches("(?m)^S3_IMAGE=(.*)", pins), Stack.matches("image: (.*)", minio));
    }

    /** As the Pod Security Standard "restricted", which both namespaces enforce, requires. */
    @Test
    void everyPodIsRestrictedAndEveryContainerHasAMemoryLimit() {
        for (String unit : List.of("api", "obs")) {
            Map<?, ?> labels = (Map<?, ?>) Stack.at(Stack.yaml("k8s/" + unit + "/namespace.yaml"), "metadata.labels");
            assertEquals("restricted", labels.get("pod-security.kubernetes.io/enforce"));
        }
        int pods = 0;
        for (Path file : files(K8S.resolve("rendered/kind"))) {
            for (Object workload : new Yaml().loadAll(Stack.text(file))) {
                if (!(workload instanceof Map<?, ?> map) || !(map.get("spec") instanceof Map<?, ?> spec)
                        || !spec.containsKey("template")) {
                    continue;
                }
                pods++;
                String pod = Stack.at(spec, "template.spec").toString();
                assertTrue(pod.contains("runAsNonRoot=true") && !pod.contains("runAsNonRoot=false"), pod);
                assertTrue(pod.contains("seccompProfile={type=RuntimeDefault}"), pod);
                for (Object container : containers(map)) {
                    assertEquals(false, Stack.at(container, "securityContext.allowPrivilegeEscalation"));
                    assertEquals(List.of("ALL"), Stack.at(container, "securityContext.capabilities.drop"));
                    assertTrue(Stack.at(container, "resources.limits.memory") != null);
                }
            }
        }
        assertTrue(pods > 15, pods + " pods");
    }

    /** A path of the type Prefix includes all paths below it. */
    @Test
    void internalPathsAreNotRouted() {
        var rules = (List<?>) Stack.at(Stack.yaml("k8s/api/ingress.yaml"), "spec.rules");
        for (Object route : (List<?>) Stack.at(rules.getFirst(), "http.paths")) {
            String path = Stack.at(route, "path").toString();
            assertFalse(path.equals("/") && Stack.at(route, "pathType").equals("Prefix"), "routes every path");
            assertFalse(path.matches("/(metrics|faults|healthz|readyz)(/.*)?"), path);
        }
    }

    @Test
    void noFileHasASecret() {
        var secret = Pattern.compile("(?m)^kind: Secret$|minioadmin|secret_(access_)?key: (?!null$)");
        for (Path file : files(K8S)) {
            assertFalse(secret.matcher(Stack.text(file)).find(), file.toString());
        }
    }

    /** {@code cloud.sh check} validates the rendered files and compares them with the committed files. */
    @Test
    void committedRenderingIsUpToDate() throws Exception {
        assumeTrue(Stream.of("helm", "kustomize", "kubeconform").allMatch(Stack::isOnPath),
                "needs helm, kustomize and kubeconform on the PATH");
        Stack.run(0, List.of("infra/k8s/cloud.sh", "check"));
    }

    /** Init containers and sidecars first. */
    private static List<Object> containers(Map<?, ?> workload) {
        Map<?, ?> pod = Stack.map(workload, "spec.template.spec");
        var all = new ArrayList<Object>(Stack.list(pod, "initContainers"));
        all.addAll(Stack.list(pod, "containers"));
        return all;
    }

    private static List<Path> files(Path folder) {
        return Stack.files(".yaml").stream().filter(file -> file.startsWith(folder)).toList();
    }
}
