package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Rules for every container of the two Compose files. */
final class ComposeTest {
    private static final Pattern PIN = Pattern.compile("\\$\\{([A-Z0-9_]+):\\?pinned in infra/\\.env}");

    @Test
    void everyImageIsPinnedByTagInOneFile() {
        var pins = Stack.pins();
        var used = new TreeSet<String>();
        Stack.services().forEach((name, service) -> {
            String image = (String) service.get("image");
            if (!image.equals("demo-api")) {
                Matcher pin = PIN.matcher(image);
                assertTrue(pin.matches(), name + " does not take its image from infra/.env: " + image);
                used.add(pin.group(1));
            }
        });
        Matcher argument = PIN.matcher(Stack.text(Stack.INFRA.resolve("docker-compose.api.yml")));
        while (argument.find()) {
            used.add(argument.group(1));
        }

        assertEquals(used, new TreeSet<>(pins.stringPropertyNames()));
        pins.forEach((name, image) -> assertTrue(((String) image)
                .matches("[a-z0-9./-]+:(?!latest)[\\w.-]+(@sha256:[0-9a-f]{64})?"), name + "=" + image));
    }

    @Test
    void everyContainerIsBoundedRestartedAndHasNoPrivileges() {
        Stack.services().forEach((name, service) -> {
            boolean once = name.endsWith("/prepare");

            assertEquals(once ? "no" : "unless-stopped", service.get("restart"), name);
            assertTrue(service.get("mem_limit").toString().matches("\\d+[mg]"), name + " has no memory limit");
            assertEquals(List.of("ALL"), service.get("cap_drop"), name);
            assertEquals(List.of("no-new-privileges:true"), service.get("security_opt"), name);
            assertEquals("10m", Stack.at(service, "logging", "options", "max-size"), name);
            assertEquals("3", Stack.at(service, "logging", "options", "max-file"), name);
        });
    }

    @Test
    void everyPublishedPortIsTheDocumentedOneOnLoopback() {
        var published = new TreeSet<String>();
        Stack.services().forEach((name, service) -> Stack.list(service, "ports").forEach(port ->
                published.add(name + " " + port)));

        assertEquals(new TreeSet<>(List.of("api/api 127.0.0.1:8000:8000", "obs/grafana 127.0.0.1:3000:3000",
                "obs/loki 127.0.0.1:3100:3100", "obs/mimir 127.0.0.1:9009:9009", "obs/minio 127.0.0.1:9000:9000",
                "obs/minio 127.0.0.1:9001:9001", "obs/tempo 127.0.0.1:3200:3200", "obs/tempo 127.0.0.1:4317:4317")),
                published);
    }

    @Test
    void apiRunsUnprivilegedOnAReadOnlyFileSystemAndExportsTracesToTempo() {
        Map<?, ?> api = Stack.services().get("api/api");

        assertEquals("${API_USER:-1000:1000}", api.get("user"));
        assertEquals(true, api.get("read_only"));
        assertEquals("http://tempo:4317", Stack.at(api, "environment", "OTEL_EXPORTER_OTLP_ENDPOINT"));
        assertEquals("0.0.0.0", Stack.at(api, "environment", "HTTP_HOST"));
        assertEquals(List.of("${STACK_DATA:-../var}/logs:/var/logs:z"), api.get("volumes"));
        String image = Stack.text(Stack.INFRA.resolve("api/Dockerfile"));
        assertTrue(image.contains("\nUSER 1000:1000\n") && image.contains("\nSTOPSIGNAL SIGTERM\n")
                && image.contains("\nHEALTHCHECK "), image);
        assertTrue(image.contains("@build/api.args"), "starts with the arguments of build.sh");
        assertTrue(image.lastIndexOf("\nRUN ./build.sh aot\n") > image.lastIndexOf("\nFROM "),
                "only the JVM that recorded an AOT cache can use it");
    }

    @Test
    void oneServiceBuildsTheLocalImageAndNoServicePullsIt() {
        assertFalse(Stack.services().get("api/prepare").containsKey("build"));
        assertEquals("never", Stack.services().get("api/prepare").get("pull_policy"));
        assertTrue(Stack.services().get("api/api").containsKey("build"));
    }

    /** Since Grafana 13.2 each bundled data source is a separate process, outside GOMEMLIMIT. */
    @Test
    void grafanaRunsOfflineWithOnlyTheUsedDataSources() {
        Map<?, ?> environment = Stack.map(Stack.services().get("obs/grafana"), "environment");
        var disabled = List.of(environment.get("GF_PLUGINS_DISABLE_PLUGINS").toString().split(","));

        assertEquals("1g", Stack.services().get("obs/grafana").get("mem_limit"));
        assertEquals("true", environment.get("GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED"));
        assertTrue(disabled.containsAll(List.of("cloudwatch", "mssql")) && disabled.size() == 15, disabled.toString());
        assertTrue(Collections.disjoint(disabled, List.of("prometheus", "loki", "tempo")), disabled.toString());
        assertTrue(Stack.list(Stack.services().get("obs/grafana"), "volumes").stream()
                .noneMatch(volume -> volume.toString().contains(":/etc/grafana/provisioning:")),
                "the image has other folders there");
    }

    @Test
    void mountedFilesOfTheRepositoryExistAndAreReadOnly() {
        Stack.services().forEach((name, service) -> Stack.list(service, "volumes").forEach(volume -> {
            String[] part = volume.toString().replace("${STACK_DATA:-../var}", "DATA").split(":");
            if (part[0].startsWith("./")) {
                assertTrue(Files.exists(Stack.INFRA.resolve(part[0])), name + " mounts " + part[0]);
                assertEquals("ro,z", part[2], name + " " + volume + ": read-only, readable under SELinux");
            } else if (part[0].startsWith("DATA")) {
                assertTrue(List.of("DATA/minio", "DATA/grafana", "DATA/logs").contains(part[0]), name + " " + volume);
                assertTrue(part[2].endsWith("z"), name + " " + volume + ": readable under SELinux");
            } else {
                boolean named = Stack.UNITS.stream().anyMatch(unit ->
                        Stack.yaml(unit).get("volumes") instanceof Map<?, ?> all && all.containsKey(part[0]));
                assertTrue(named, name + " uses the volume " + part[0] + ", which no unit declares");
            }
        }));
    }

    @Test
    void alloyReadsTheFolderThatTheApiWrites() {
        Map<String, Map<?, ?>> services = Stack.services();

        assertTrue(Stack.list(services.get("api/alloy"), "volumes")
                .contains("${STACK_DATA:-../var}/logs:/var/logs:ro,z"));
        assertEquals(Stack.at(services.get("api/api"), "environment", "LOG_FILE"),
                Stack.at(services.get("api/alloy"), "environment", "API_LOG_FILE"));
        assertTrue(Files.exists(Path.of("infra/alloy/config.alloy")));
        // In the image Alloy's folder has another owner; root without capabilities cannot write to it.
        assertEquals(List.of("DAC_OVERRIDE"), services.get("api/alloy").get("cap_add"));
    }
}
