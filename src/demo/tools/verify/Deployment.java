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

    private static final List<String> SERVICES = List.of("api", "mimir", "loki", "tempo", "grafana", "alloy", "s3");

    static Deployment of(Settings settings) throws IOException {
        var data = Path.of(settings.text(Setting.STACK_DATA));
        Map<String, String> leftOut = new HashMap<>();
        var kind = SERVICES.stream().map(service -> setting(service, "URL")).anyMatch(url ->
                !settings.text(url).equals(url.defaultValue())) ? Kind.REMOTE
                : runsNatively(data.resolve("native/run"), leftOut) ? Kind.NATIVE : Kind.CONTAINERS;
        var here = Map.of("api", "http://127.0.0.1:" + settings.port(Setting.HTTP_PORT),
                "s3", kind == Kind.REMOTE ? "" : "http://127.0.0.1:9000",
                "alloy", kind == Kind.NATIVE ? "http://127.0.0.1:12345" : "");
        Map<String, Endpoint> endpoints = new HashMap<>();
        for (var service : SERVICES) {
            var url = settings.text(setting(service, "URL"));
            url = url.isEmpty() ? here.get(service) : url;
            if (!url.isEmpty() && !url.matches("https?://[^/@]+(/.*)?")) {
                throw settings.bad(setting(service, "URL"), "must be a URL such as http://127.0.0.1:3100");
            } else if (!url.isEmpty()) {
                var name = service.equals("s3") ? "minio" : service;
                endpoints.put(name, new Endpoint(name, URI.create(url), headers(settings, service)));
            }
        }
        var logFile = settings.text(Setting.LOG_FILE).equals(Setting.LOG_FILE.defaultValue())
                ? data.resolve("logs/app.log") : Path.of(settings.text(Setting.LOG_FILE));
        return new Deployment(kind, leftOut, endpoints, kind == Kind.REMOTE && !Files.exists(logFile) ? null : logFile);
    }

    /** Null where there is no such setting. */
    private static Setting setting(String service, String what) {
        var name = "VERIFY_" + service.toUpperCase(Locale.ROOT) + "_" + what;
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
