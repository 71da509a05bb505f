package demo.tools.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.json.Json;
import demo.settings.BadSetting;
import demo.settings.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each fault of the stack, simulated on a real socket: verify reports exactly the broken arrow. */
@Timeout(60)
class VerifyTest {
    private static final String NO_RESULT = "{\"status\":\"success\",\"data\":{\"result\":[]}}";
    private static final String CARD = ",{\"name\":\"authorize card\",\"kind\":\"SPAN_KIND_INTERNAL\"}";
    private static final String PROXY = "/grafana/api/datasources/proxy/uid/";
    private static final String MIMIR = "/mimir/api/v1/query";

    @TempDir
    static Path folder;

    private static FakeStack stack;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeAll
    static void start() throws IOException {
        stack = new FakeStack(folder.resolve("app.log"));
    }

    @BeforeEach
    void repair() {
        stack.repair();
    }

    @AfterAll
    static void stop() {
        stack.close();
    }

    @Test
    void findsEveryArrowOfAHealthyStackAndWaitsForDataThatIsLate() throws Exception {
        stack.respondOnce("/tempo/api/traces", 404, "trace not found");

        var document = verify(stack.deployment(), "--wait=20");

        assertEquals(27, names(document, "ok").size(), document.toString());
        assertEquals("true", document.at("ok").text());
        assertEquals(stack.trace, document.at("trace_id").text());
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                fault("loki", "It works!", stack -> stack.respond("/loki/", "", 200, "It works!")),
                fault("tempo", "check VERIFY_…_AUTH", stack -> stack.respond("/tempo/", "", 401, "")),
                fault("log-line", "no line with that trace_id", stack -> stack.logLine = line -> ""),
                fault("log-line", "no \"span_id\":", stack ->
                        stack.logLine = line -> line.replaceFirst("\"span_id\":\"\\w+\",", "")),
                fault("log-line", "response sent", stack -> stack.logLine = line -> "INFO " + line.replace("{", "")),
                fault("scrape", "uri=\"/orders\"", stack -> stack.replace("/api/metrics", "http_route=", "uri=")),
                fault("scrape-exemplar", "# no", stack -> stack.replace("/api/metrics", " # {", " # no {")),
                fault("sample", "no such series", stack -> stack.respond(MIMIR, "job=\"api\"", 200, NO_RESULT)),
                fault("sample", "only older samples; a full disk has damaged a write-ahead log: restart alloy", stack ->
                        stack.respond(MIMIR, "timestamp(http_server", 200, NO_RESULT)
                                .respond("/alloy/metrics", "", 200, "prometheus_tsdb_wal_writes_failed_total 13\n")),
                fault("labels", "labels [level, method, service, trace_id]", stack ->
                        stack.replace("/loki/", "\"method\":\"POST\"}", "\"method\":\"POST\",\"trace_id\":\"x\"}")),
                fault("structured-metadata", "\"result\":[]", stack ->
                        stack.respond("/loki/", "| trace_id=", 200, NO_RESULT)),
                fault("complete", "6, 1 too few", stack -> stack.replace("/loki/loki/api/v1/query", "\"7\"", "\"6\"")),
                fault("complete", "8, 1 too many", stack -> stack.replace("/loki/loki/api/v1/query", "\"7\"", "\"8\"")),
                fault("complete", "12 dropped before they reached the file", stack ->
                        stack.replace("/api/metrics", "{reason=\"disk\"} 0", "{reason=\"disk\"} 12")),
                fault("trace", "no \"authorize card\"", stack -> stack.replace("/tempo/", CARD, "")),
                fault("exemplar", "{\"data\":[]}", stack ->
                        stack.respond("/mimir/api/v1/query_exemplars", "", 200, "{\"data\":[]}")),
                fault("span-metrics", "no such series", stack -> stack.respond(MIMIR, "spanmetrics", 200, NO_RESULT)),
                fault("service-graph", "no such series", stack ->
                        stack.respond(MIMIR, "service_graph", 200, NO_RESULT)),
                fault("bucket-mimir", "none, though", stack ->
                        stack.replace("/metrics", "component=\"ingester\"", "component=\"ruler\"")),
                fault("bucket-loki", "none, though", stack ->
                        stack.replace("/loki/metrics", "\"upload\"} 3", "\"upload\"} 1")),
                fault("bucket-tempo", "none, though it runs for 1666 min", stack ->
                        stack.replace("/tempo/metrics", "} 1\n", "} 0\n")),
                fault("query-mimir", "responds 404", stack -> stack.respond(PROXY + "mimir", "", 404, "")),
                fault("query-loki", "{}", stack -> stack.respond(PROXY + "loki", "", 200, "{}")),
                fault("query-tempo", "responds 502: Bad Gateway", stack ->
                        stack.respond(PROXY + "tempo", "", 502, "Bad Gateway")),
                fault("links", "graph → trace: trace_id to tempo-1", stack ->
                        stack.replace("/grafana/api/datasources/uid/mimir", "\"tempo\"", "\"tempo-1\"")),
                fault("links", "log line → trace: regex trace_id to tempo; trace → metrics: no query", stack ->
                        stack.replace("/grafana/api/datasources/uid/loki", "\"label\"", "\"regex\"")
                                .replace("/grafana/api/datasources/uid/tempo", "{\"name\":\"rate\"}", "")),
                fault("dashboard", "[]", stack -> stack.respond("/grafana/api/search", "", 200, "[]")));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("faults")
    void namesTheArrowThatBreaks(String arrow, String found, Consumer<FakeStack> fault) throws Exception {
        fault.accept(stack);

        var document = verify(stack.deployment());

        assertEquals(List.of(arrow), names(document, "broken"), document.toString());
        var reported = document.at("arrows").items().stream().filter(one -> one.at("name").text().equals(arrow))
                .findFirst().orElseThrow().at("found").text();
        assertTrue(reported.contains(found), reported);
    }

    @Test
    void reportsArrowsThatNeedABrokenArrowAsFollowing() throws Exception {
        stack.respond("/loki/loki/api/v1/query_range", "|=", 200, NO_RESULT);

        var document = verify(stack.deployment());

        assertEquals(List.of("log-push"), names(document, "broken"));
        assertEquals(List.of("labels"), names(document, "follows"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mimir", "loki", "tempo", "minio", "grafana", "alloy"})
    void blamesAServiceThatDoesNotRespondAndNothingElse(String service) throws Exception {
        if (service.equals("minio")) {
            stack.respond("/loki/loki/api/v1/query", "", 500, "the bucket is unreachable");
        }

        var document = verify(stack.without(service));

        assertEquals(List.of(service), names(document, "broken"), document.toString());
        assertTrue(document.toString().contains("nothing listens at 127.0.0.1:1: " + service + " is not running"));
        assertTrue(document.toString().contains("just logs " + service), document.toString());
    }

    @Test
    void skipsAndReportsArrowsOfServicesThatUpNativeLeftOutAndOfOptions() {
        var down = stack.without("grafana");
        var leftOut = Map.of("grafana", "not on the PATH");

        int code = run(new Deployment(down.kind(), leftOut, down.endpoints(), down.logFile()), "--skip=tempo");

        assertEquals(0, code, text(out));
        assertTrue(text(out).endsWith("""
                27 arrows: 15 ok, 0 broken, 12 skipped
                not checked: tempo, trace, exemplar, span-metrics, service-graph, bucket-tempo (--skip)
                not checked: grafana, query-mimir, query-loki, query-tempo, links, dashboard (not on the PATH)
                """), text(out));
    }

    @Test
    void anEmptyBucketOfAYoungBackendIsWaitingAndPrometheusHasNone() throws Exception {
        stack.respond("/tempo/metrics", "", 200, "process_start_time_seconds " + System.currentTimeMillis() / 1000);
        stack.respond("/mimir/api/v1/status/buildinfo", "", 200, "{\"status\":\"success\",\"data\":{}}");

        var document = verify(stack.deployment());

        assertEquals(List.of("bucket-tempo"), names(document, "waiting"));
        assertTrue(document.toString().contains("none yet: runs for 0 min, writes within 15 min"), document.toString());
        assertEquals(List.of("bucket-mimir"), names(document, "skipped"));
    }

    @Test
    void linesThatAreWrittenDuringTheChecksAreNotMissing() throws Exception {
        // The service counts seven lines at the first check and a thousand at later checks. Loki has ten.
        stack.replaceAfter(1, "/api/metrics", "{level=\"INFO\"} 6", "{level=\"INFO\"} 999");
        stack.replace("/loki/loki/api/v1/query", "\"7\"", "\"10\"");

        assertEquals(List.of(), names(verify(stack.deployment(), "--skip=scrape"), "broken"));
    }

    @Test
    void printsTheExpectedAndTheFoundValueAndTheFile() {
        stack.replace("/loki/", "{\"service\":\"api\"", "{\"job\":\"api\"");

        assertEquals(1, run(stack.deployment(), "--skip=grafana"));

        assertTrue(text(out).contains("  expected labels [level, method, service], service api, method POST\n"
                + "        found    labels [job, level, method], service , method POST\n"
                + "        look at  infra/alloy/config.alloy: resource.service, resource.level, resource.method\n"
                + "        the log  just logs alloy\n"), text(out));
        assertTrue(text(out).contains("27 arrows: 20 ok, 1 broken, 6 skipped\n"), text(out));
    }

    @Test
    void checksADeploymentWhoseAddressesAndCredentialsComeFromTheEnvironment() throws Exception {
        Map<String, String> environment = new HashMap<>(Map.of("LOG_FILE", folder.resolve("none/app.log").toString(),
                "VERIFY_LOKI_TENANT", "demo", "VERIFY_LOKI_AUTH", "Bearer t0ken", "VERIFY_MIMIR_TENANT", "metrics",
                "VERIFY_MIMIR_AUTH", "me:secret"));
        for (var service : List.of("api", "mimir", "loki", "tempo", "grafana")) {
            environment.put("VERIFY_" + service.toUpperCase() + "_URL", stack.base(service).toString());
        }
        // Paths that a load balancer does not route and gateways do not serve.
        List.of("/api", "/loki", "").forEach(base -> stack.respond(base + "/metrics", "", 404, ""));

        var document = verify(Deployment.of(Settings.from(environment)));

        assertEquals(List.of(), names(document, "broken"), document.toString());
        assertEquals(List.of("minio", "alloy", "scrape", "scrape-exemplar", "complete", "bucket-mimir", "bucket-loki"),
                names(document, "skipped"));
        assertTrue(document.toString().contains("a line of the service in Loki with path"));
        assertEquals(Set.of("loki Bearer t0ken", "loki demo", "mimir Basic bWU6c2VjcmV0", "mimir metrics",
                "metrics Basic bWU6c2VjcmV0", "metrics metrics", "grafana Basic YWRtaW46YWRtaW4="), stack.credentials);
    }

    @Test
    void readsTheLogAndTheStateOfTheNativeStackInItsFolder() throws Exception {
        var run = Files.createDirectories(folder.resolve("data/native")).resolve("run");
        Files.writeString(run, "left-out loki not on the PATH\nrunner " + ProcessHandle.current().pid() + "\n");
        var settings = Settings.from(Map.of("STACK_DATA", folder.resolve("data").toString()));

        var running = Deployment.of(settings);

        assertEquals(Deployment.Kind.NATIVE, running.kind());
        assertEquals("infra/native/native.sh", running.file("infra/docker-compose.api.yml"));
        assertEquals(Map.of("loki", "not on the PATH"), running.leftOut());
        assertEquals(folder.resolve("data/logs/app.log"), running.logFile());
        Files.writeString(run, "left-out loki not on the PATH\nrunner 999999999\n");
        assertEquals(Deployment.Kind.CONTAINERS, Deployment.of(settings).kind());
    }

    @Test
    void reportsAnUnavailableApi() {
        assertEquals(1, run(stack.without("api")));

        assertEquals("verify: no order was accepted by the API at http://127.0.0.1:1: nothing listens at 127.0.0.1:1:"
                + " api is not running; see just logs api\n", text(err));
    }

    @Test
    void refusesABadOptionOrSettingInOneLine() {
        assertEquals(2, run(stack.deployment(), "--fast"));
        assertEquals(2, run(stack.deployment(), "--wait=-1"));
        assertEquals(2, run(stack.deployment(), "--skip=mmir"));
        var settings = Settings.from(Map.of("VERIFY_LOKI_AUTH", "s3cret"));
        var bad = assertThrows(BadSetting.class, () -> Deployment.of(settings));

        var lines = text(err).lines().toList();
        assertEquals("verify: unknown option '--fast', expected --json, --skip=NAME, --wait=SECONDS, --list or --help",
                lines.getFirst());
        assertEquals("verify: --wait must be a whole number of seconds from 0 to 99999, was '-1'", lines.get(1));
        assertTrue(lines.getLast().startsWith("verify: --skip must name arrows or services [alloy, api, "));
        assertEquals("VERIFY_LOKI_AUTH must be 'Bearer TOKEN' or 'USER:PASSWORD'", bad.getMessage());
    }

    private Json verify(Deployment deployment, String... options) throws Exception {
        int code = run(deployment, Stream.concat(Stream.of("--json"), Stream.of(options)).toArray(String[]::new));
        assertEquals("", text(err));
        var document = Json.read(text(out));
        assertEquals(names(document, "broken").isEmpty() ? 0 : 1, code);
        return document;
    }

    /** Checks each arrow once, unless an option says otherwise. */
    private int run(Deployment deployment, String... options) {
        return Verify.run(options, deployment, Duration.ZERO, new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static List<String> names(Json document, String state) {
        return document.at("arrows").items().stream().filter(arrow -> arrow.at("state").text().equals(state))
                .map(arrow -> arrow.at("name").text()).toList();
    }

    private static Arguments fault(String arrow, String found, Consumer<FakeStack> fault) {
        return Arguments.of(arrow, found, fault);
    }
}
