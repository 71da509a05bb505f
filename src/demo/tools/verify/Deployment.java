package demo.tools.verify;

import demo.settings.BadSetting;
import demo.settings.Setting;
import demo.settings.Settings;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The stack that is verified: how its services run, and where they are.
 *
 * @param kind      decides which command and which file a report names
 * @param leftOut   services that {@code up-native} did not start, with the reason
 * @param endpoints by service; a service whose address is unknown is absent
 * @param logFile   null where the log is readable only through Loki
 */
record Deployment(Kind kind, Map<String, String> leftOut, Map<String, Endpoint> endpoints, Path logFile) {
    enum Kind { CONTAINERS, NATIVE, REMOTE }

    private static final List<String> SERVICES = List.of("api", "mimir", "loki", "tempo", "grafana", "alloy", "minio");
    private static final String RUNNING_ALLOY = "docker ps --quiet --filter status=running --filter "
            + "label=com.docker.compose.project=demo-api --filter label=com.docker.compose.service=alloy";

    static Deployment of(Settings settings) throws IOException {
        var data = Path.of(settings.text(Setting.STACK_DATA));
        Map<String, String> leftOut = new HashMap<>();
        var kind = SERVICES.stream().map(service -> setting(service, "URL")).anyMatch(url ->
                !settings.text(url).equals(url.defaultValue())) ? Kind.REMOTE
                : runsNatively(data.resolve("native/run"), leftOut) ? Kind.NATIVE : Kind.CONTAINERS;
        var here = Map.of("api", "http://127.0.0.1:" + settings.port(Setting.HTTP_PORT),
                "minio", kind == Kind.REMOTE ? "" : "http://127.0.0.1:9000",
                "alloy", kind == Kind.NATIVE ? "http://127.0.0.1:12345" : "");
        Map<String, Endpoint> endpoints = new HashMap<>();
        for (var service : SERVICES) {
            var setting = setting(service, "URL");
            var url = settings.text(setting).isEmpty() ? URI.create(here.get(service))
                    : settings.url(setting, "must be a URL such as http://127.0.0.1:3100", _ -> true);
            if (url.getHost() != null) {
                endpoints.put(service, new Endpoint(service, url, headers(settings, service)));
            }
        }
        var logFile = settings.text(Setting.LOG_FILE).equals(Setting.LOG_FILE.defaultValue())
                ? data.resolve("logs/app.log") : settings.path(Setting.LOG_FILE);
        return new Deployment(kind, leftOut, endpoints, kind == Kind.REMOTE && !Files.exists(logFile) ? null : logFile);
    }

    /** The setting VERIFY_SERVICE_WHAT; null where there is none. */
    private static Setting setting(String service, String what) {
        var name = "VERIFY_" + (service.equals("minio") ? "S3" : service.toUpperCase(Locale.ROOT)) + "_" + what;
        return Stream.of(Setting.values()).filter(one -> one.name().equals(name)).findFirst().orElse(null);
    }

    private static Map<String, String> headers(Settings settings, String service) {
        Map<String, String> headers = new HashMap<>();
        var auth = setting(service, "AUTH");
        var value = auth == null ? "" : settings.text(auth);
        if (value.startsWith("Bearer ")) {
            headers.put("Authorization", value);
        } else if (value.contains(":")) {
            var bytes = value.getBytes(StandardCharsets.UTF_8);
            headers.put("Authorization", "Basic " + Base64.getEncoder().encodeToString(bytes));
        } else if (!value.isEmpty()) {
            throw new BadSetting(auth + " must be 'Bearer TOKEN' or 'USER:PASSWORD'"); // without the secret
        }
        var tenant = setting(service, "TENANT");
        if (tenant != null && !settings.text(tenant).isEmpty()) {
            headers.put("X-Scope-OrgID", settings.text(tenant));
        }
        return headers;
    }

    /** Reads what infra/native/native.sh wrote: lines {@code runner PID} and {@code left-out SERVICE REASON}. */
    private static boolean runsNatively(Path run, Map<String, String> leftOut) throws IOException {
        var lines = Files.exists(run) ? Files.readAllLines(run) : List.<String>of();
        boolean runs = lines.stream().filter(line -> line.startsWith("runner "))
                .anyMatch(line -> ProcessHandle.of(Long.parseLong(line.split(" ")[1])).isPresent());
        lines.stream().filter(line -> runs && line.startsWith("left-out ")).map(line -> line.split(" ", 3))
                .forEach(words -> leftOut.put(words[1], words[2]));
        return runs;
    }

    Endpoint at(String service) {
        return endpoints.get(service);
    }

    boolean isRemote() {
        return kind == Kind.REMOTE;
    }

    /** @param mark a pattern that only this service has in its Server header or body: another may have its port */
    Finding responds(String service, String path, String mark) throws IOException {
        var endpoint = at(service);
        if (endpoint == null) {
            throw new Finding.Skip("its address is unknown (VERIFY_ALLOY_URL, VERIFY_S3_URL)");
        }
        var response = endpoint.get(path);
        var text = endpoint.text(path, response) + response.headers().firstValue("Server").orElse("");
        return Finding.of(service + " at " + endpoint.base(), text, mark);
    }

    /** The port of a container's Alloy is not published: only Docker knows whether it runs. */
    Finding alloyRuns() throws IOException {
        if (kind != Kind.CONTAINERS) {
            return responds("alloy", "/-/ready", "Alloy");
        }
        try {
            var docker = new ProcessBuilder(RUNNING_ALLOY.split(" ")).start();
            var ids = new String(docker.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (docker.onExit().join().exitValue() == 0) {
                return Finding.of("a running container of Alloy", ids, "\\w");
            }
        } catch (IOException e) {
            // Reported below.
        }
        throw new Finding.Skip("unknown: docker ps fails");
    }

    /**
     * The text of {@code /metrics}.
     *
     * @throws Finding.Skip where a load balancer or gateway does not route the path, which is for operators
     */
    String metrics(Endpoint service) throws IOException {
        var response = service.get("/metrics");
        int status = response.statusCode();
        if (isRemote() && status >= 400 && status < 500) {
            throw new Finding.Skip("/metrics of " + service.service() + " responds " + status + " from outside");
        }
        return service.text("/metrics", response);
    }

    /** Where the log of a service is. */
    String log(String service) {
        return isRemote() ? "the log of " + service : "just logs " + service;
    }

    /** The file that configures an arrow in this kind of deployment. */
    String file(String file) {
        boolean replaced = kind == Kind.NATIVE && file.startsWith("infra/docker-compose.");
        return replaced ? "infra/native/native.sh" : file;
    }

    /** What to do when the API does not respond. */
    String hint() {
        return isRemote() ? "check VERIFY_API_URL" : kind == Kind.NATIVE ? "see just logs api"
                : "start the stack with just up or just up-native, or see just logs api";
    }
}
