package demo.tools.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.regex.Pattern;
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
    void findsEveryArrowOfAHealthyStackAndWaitsForDataThatIsLate() {
        stack.respondOnce("/tempo/api/traces", 404, "trace not found");

        var output = verify(stack.deployment(), "--wait=20");

        assertTrue(output.startsWith("POST /orders, trace " + stack.trace + "\n"), output);
        assertTrue(output.endsWith("\n26 arrows: 26 ok\n"), output);
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                fault("tempo", "check VERIFY_…_AUTH", stack -> stack.respond("/tempo/", "", 401, "")),
                fault("log-line", "no line with that trace_id", stack -> stack.logLine = line -> ""),
                fault("log-line", "no \"span_id\":", stack ->
                        stack.logLine = line -> line.replaceFirst("\"span_id\":\"\\w+\",", "")),
                fault("log-line", "response sent", stack -> stack.logLine = line -> "INFO " + line.replace("{", "")),
                fault("scrape", "uri=\"/orders\"", stack -> stack.replace("/api/metrics", "http_route=", "uri=")),
                fault("scrape-exemplar", "# no", stack -> stack.replace("/api/metrics", " # {", " # no {")),
                fault("sample", "no such series", stack -> stack.respond(MIMIR, "job=\"api\"", 200, NO_RESULT)),
                fault("sample", "only older samples", stack ->
                        stack.respond(MIMIR, "timestamp(http_server", 200, NO_RESULT)),
                fault("labels", "labels [level, method, service, trace_id]", stack ->
                        stack.replace("/loki/", "\"method\":\"POST\"}", "\"method\":\"POST\",\"trace_id\":\"x\"}")),
                fault("structured-metadata", "\"result\":[]", stack ->
                        stack.respond("/loki/", "| trace_id=", 200, NO_RESULT)),
                fault("trace", "no \"authorize card\"", stack -> stack.replace("/tempo/", CARD, "")),
                fault("exemplar", "none", stack ->
                        stack.respond("/mimir/api/v1/query_exemplars", "", 200, "{\"data\":[]}")),
                fault("span-metrics", "no such series", stack -> stack.respond(MIMIR, "spanmetrics", 200, NO_RESULT)),
                fault("service-graph", "no such series", stack ->
                        stack.respond(MIMIR, "service_graph", 200, NO_RESULT)),
                fault("bucket-mimir", "none", stack -> stack.replace("/metrics", "_uploads_total 3", "")),
                fault("bucket-loki", "none", stack -> stack.replace("/loki/metrics", "1.7e+09", "0")),
                fault("bucket-tempo", "none: runs for 1666 min, writes within 15 min", stack ->
                        stack.replace("/tempo/metrics", "} 1\n", "} 0\n")),
                fault("query-mimir", "responds 404", stack -> stack.respond(PROXY + "mimir", "", 404, "")),
                fault("query-loki", "{}", stack -> stack.respond(PROXY + "loki", "", 200, "{}")),
                fault("query-tempo", "responds 502: Bad Gateway", stack ->
                        stack.respond(PROXY + "tempo", "", 502, "Bad Gateway")),
                fault("links", "graph → trace: trace_id to tempo-1", stack ->
                        stack.replace("/grafana/api/datasources/uid/mimir", "\"tempo\"", "\"tempo-1\"")),
                fault("links", "log line → trace: regex trace_id to tempo", stack ->
                        stack.replace("/grafana/api/datasources/uid/loki", "\"label\"", "\"regex\"")),
                fault("dashboard", "[]", stack -> stack.respond("/grafana/api/search", "", 200, "[]")));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("faults")
    void namesTheArrowThatBreaks(String arrow, String found, Consumer<FakeStack> fault) {
        fault.accept(stack);

        var output = verify(stack.deployment());

        assertEquals(List.of(arrow), names(output, "BROKEN"), output);
        assertTrue(Pattern.compile("\n {8}found    .*" + Pattern.quote(found)).matcher(output).find(), output);
    }

    @Test
    void reportsArrowsThatNeedABrokenArrowAsFollowing() {
        stack.respond("/loki/loki/api/v1/query_range", "|=", 200, NO_RESULT);

        var output = verify(stack.deployment());

        assertEquals(List.of("log-push"), names(output, "BROKEN"));
        assertEquals(List.of("labels"), names(output, "follows"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mimir", "loki", "tempo", "minio", "grafana", "alloy"})
    void blamesAServiceThatDoesNotRespondAndNothingElse(String service) {
        if (service.equals("minio")) {
            stack.respond("/loki/loki/api/v1/query", "", 500, "the bucket is unreachable");
        }

        var output = verify(stack.without(service));

        assertEquals(List.of(service), names(output, "BROKEN"), output);
        assertTrue(output.contains("nothing listens at 127.0.0.1:1: " + service + " is not running\n"), output);
        assertTrue(output.contains("the log  just logs " + service + "\n"), output);
    }

    @Test
    void skipsAndReportsArrowsOfServicesThatUpNativeLeftOutAndOfOptions() {
        var down = stack.without("grafana");
        var leftOut = Map.of("grafana", "not on the PATH");

        var output = verify(new Deployment(down.kind(), leftOut, down.endpoints(), down.logFile()), "--skip=tempo");

        assertTrue(output.endsWith("26 arrows: 14 ok, 12 skipped\n"), output);
        assertTrue(output.contains(" s  not checked: --skip\n"), output);
        assertEquals(6, output.split(" s  not checked: not on the PATH\n").length - 1, output);
    }

    @Test
    void anEmptyBucketOfAYoungBackendIsWaitingAndPrometheusHasNone() {
        stack.respond("/tempo/metrics", "", 200, "process_start_time_seconds " + System.currentTimeMillis() / 1000);
        stack.respond("/mimir/api/v1/status/buildinfo", "", 200, "{\"status\":\"success\",\"data\":{}}");

        var output = verify(stack.deployment());

        assertEquals(List.of("bucket-tempo"), names(output, "waiting"), output);
        assertEquals(List.of("bucket-mimir"), names(output, "skipped"), output);
    }

    @Test
    void printsTheExpectedAndTheFoundValueAndTheFile() {
        stack.replace("/loki/", "{\"service\":\"api\"", "{\"job\":\"api\"");

        var output = verify(stack.deployment(), "--skip=grafana");

        assertTrue(output.contains("  expected labels [level, method, service], service api, method POST\n"
                + "        found    labels [job, level, method], service , method POST\n"
                + "        look at  infra/alloy/config.alloy: resource.service, resource.level, resource.method\n"
                + "        the log  just logs alloy\n"), output);
        assertTrue(output.endsWith("26 arrows: 19 ok, 1 broken, 6 skipped\n"), output);
    }

    @Test
    void checksADeploymentWhoseAddressesAndCredentialsComeFromTheEnvironment() {
        Map<String, String> environment = new HashMap<>(Map.of("LOG_FILE", folder.resolve("none/app.log").toString(),
                "VERIFY_LOKI_TENANT", "demo", "VERIFY_LOKI_AUTH", "Bearer t0ken", "VERIFY_MIMIR_TENANT", "metrics",
                "VERIFY_MIMIR_AUTH", "me:secret"));
        for (var service : List.of("api", "mimir", "loki", "tempo", "grafana")) {
            environment.put("VERIFY_" + service.toUpperCase() + "_URL", stack.base(service).toString());
        }
        // Paths that a load balancer does not route and gateways do not serve.
        List.of("/api", "/loki", "").forEach(base -> stack.respond(base + "/metrics", "", 404, ""));

        var output = verify(Deployment.of(Settings.from(environment)));

        assertEquals(List.of(), names(output, "BROKEN"), output);
        assertEquals(List.of("minio", "alloy", "scrape", "scrape-exemplar", "bucket-mimir", "bucket-loki"),
                names(output, "skipped"));
        assertTrue(output.contains("a line of the service in Loki with path"), output);
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
        var ended = Deployment.of(settings);
        assertEquals(Deployment.Kind.CONTAINERS, ended.kind());
        assertEquals(Map.of(), ended.leftOut());
    }

    @Test
    void reportsAnUnavailableApi() {
        assertEquals(1, run(stack.without("api")));

        assertEquals("verify: no order was accepted by the API at http://127.0.0.1:1: nothing listens at 127.0.0.1:1:"
                + " api is not running; see just logs api, start the stack with just up, or check VERIFY_API_URL\n",
                text(err));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--fast", "--wait=-1", "--skip=mmir"})
    void refusesABadOption(String option) {
        assertEquals(2, run(stack.deployment(), option));

        assertTrue(text(err).matches("verify: expected --skip=NAME,… with names of \\[alloy, api, .*], "
                + "or --wait=SECONDS, was '" + option + "'\n"), text(err));
    }

    @Test
    void refusesBadCredentialsWithoutPrintingThem() {
        var settings = Settings.from(Map.of("VERIFY_LOKI_AUTH", "s3cret"));

        var bad = assertThrows(BadSetting.class, () -> Deployment.of(settings));

        assertEquals("VERIFY_LOKI_AUTH must be 'Bearer TOKEN' or 'USER:PASSWORD'", bad.getMessage());
    }

    /** Checks each arrow once, unless an option says otherwise; returns the output. */
    private String verify(Deployment deployment, String... options) {
        int code = run(deployment, options);
        assertEquals("", text(err));
        assertEquals(names(text(out), "BROKEN").isEmpty() ? 0 : 1, code);
        return text(out);
    }

    private int run(Deployment deployment, String... options) {
        return Verify.run(options, deployment, Duration.ZERO, new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** The arrows in this state. */
    private static List<String> names(String output, String state) {
        return Pattern.compile("(?m)^" + state + " +(\\S+)").matcher(output).results()
                .map(line -> line.group(1)).toList();
    }

    private static Arguments fault(String arrow, String found, Consumer<FakeStack> fault) {
        return Arguments.of(arrow, found, fault);
    }
}
