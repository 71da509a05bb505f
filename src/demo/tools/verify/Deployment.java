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
import java.util.Optional;
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

    static Deployment of(Settings settings) {
        var data = Path.of(settings.text(Setting.STACK_DATA));
        Map<String, String> leftOut = new HashMap<>();
        var kind = Stream.of(Setting.values()).anyMatch(one -> one.name().matches("VERIFY_.*_URL")
                && !settings.text(one).equals(one.defaultValue())) ? Kind.REMOTE
                : runsNatively(data.resolve("native/run"), leftOut) ? Kind.NATIVE : Kind.CONTAINERS;
        var here = Map.of("api", "http://127.0.0.1:" + settings.port(Setting.HTTP_PORT),
                "minio", kind == Kind.REMOTE ? "" : "http://127.0.0.1:9000",
                "alloy", kind == Kind.NATIVE ? "http://127.0.0.1:12345" : "");
        Map<String, Endpoint> endpoints = new HashMap<>();
        for (var service : SERVICES) {
            var setting = setting(service, "URL").orElseThrow();
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

    private static Optional<Setting> setting(String service, String what) {
        var name = "VERIFY_" + (service.equals("minio") ? "S3" : service.toUpperCase(Locale.ROOT)) + "_" + what;
        return Stream.of(Setting.values()).filter(one -> one.name().equals(name)).findFirst();
    }

    private static Map<String, String> headers(Settings settings, String service) {
        Map<String, String> headers = new HashMap<>();
        var auth = setting(service, "AUTH").map(settings::text).orElse("");
        if (auth.startsWith("Bearer ")) {
            headers.put("Authorization", auth);
        } else if (auth.contains(":")) {
            var bytes = auth.getBytes(StandardCharsets.UTF_8);
            headers.put("Authorization", "Basic " + Base64.getEncoder().encodeToString(bytes));
        } else if (!auth.isEmpty()) { // the message does not contain the secret
            throw new BadSetting(setting(service, "AUTH").get() + " must be 'Bearer TOKEN' or 'USER:PASSWORD'");
        }
        setting(service, "TENANT").map(settings::text).filter(tenant -> !tenant.isEmpty())
                .ifPresent(tenant -> headers.put("X-Scope-OrgID", tenant));
        return headers;
    }

    /** Reads what infra/native/native.sh wrote: lines {@code runner PID} and {@code left-out SERVICE REASON}. */
    private static boolean runsNatively(Path run, Map<String, String> leftOut) {
        try {
            var lines = Files.readAllLines(run).stream().map(line -> line.split(" ", 3)).toList();
            boolean runs = lines.stream().anyMatch(words -> words[0].equals("runner")
                    && ProcessHandle.of(Long.parseLong(words[1])).isPresent());
            lines.stream().filter(words -> runs && words[0].equals("left-out"))
                    .forEach(words -> leftOut.put(words[1], words[2]));
            return runs;
        } catch (IOException e) {
            return false; // the file exists only while the stack runs natively
        }
    }

    Endpoint at(String service) {
        return endpoints.get(service);
    }

    Finding responds(String service, String path) throws IOException {
        var endpoint = at(service);
        if (endpoint == null) {
            throw new Finding.Skip("its address is unknown (VERIFY_ALLOY_URL, VERIFY_S3_URL)");
        }
        endpoint.text(path);
        return Finding.ok(service + " at " + endpoint.base());
    }

    /**
     * The text of {@code /metrics}.
     *
     * @throws Finding.Skip where it is unavailable from outside: load balancers and gateways often do not route it
     */
    String metrics(Endpoint service) throws IOException {
        try {
            return service.text("/metrics");
        } catch (IOException e) {
            throw kind == Kind.REMOTE ? new Finding.Skip(service.service() + " from outside: " + e.getMessage()) : e;
        }
    }

    /** Where the log of a service is. */
    String log(String service) {
        return kind == Kind.REMOTE ? "the log of " + service : "just logs " + service;
    }

    /** The file that configures an arrow in this kind of deployment. */
    String file(String file) {
        boolean replaced = kind == Kind.NATIVE && file.startsWith("infra/docker-compose.");
        return replaced ? "infra/native/native.sh" : file;
    }
}
