package demo.tools.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each fault of the stack, simulated on a real socket: verify reports exactly the broken arrow. */
@Timeout(60)
class VerifyTest {
    private static final Duration TIMEOUT = Duration.ofMillis(300);
    private static final String NO_RESULT = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}";
    private static final String SPAN_OF_THE_CARD = ",{\"name\":\"authorize card\",\"kind\":\"SPAN_KIND_INTERNAL\"}";

    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private FakeStack stack;

    @BeforeEach
    void start() throws IOException {
        stack = new FakeStack(folder.resolve("app.log"));
    }

    @AfterEach
    void stop() {
        stack.close();
    }

    @Test
    void findsEveryArrowOfAHealthyStack() throws Exception {
        var document = verify(stack.deployment());

        assertEquals(Set.of("ok"), Set.copyOf(document.at("arrows").items().stream().map(one -> one.at("state").text()).toList()), document.toString());
        assertEquals("true", document.at("ok").text());
        assertEquals(stack.trace, document.at("trace_id").text());
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                fault("log-line", "no line with that id", stack -> stack.logLine = line -> ""),
                fault("log-line", "a line without span_id", stack -> stack.logLine = line -> line.replaceFirst("\"span_id\":\"\\w+\",", "")),
                fault("log-line", "response sent", stack -> stack.logLine = line -> "INFO " + line.replace("{", "")),
                fault("scrape-exemplar", "none", stack -> stack.replace("/api/metrics", " # {", " # no {")),
                fault("scrape-exemplar", "traceID", stack -> stack.replace("/api/metrics", "trace_id=", "traceID=")),
                fault("scrape", "uri=\"/orders\"", stack -> stack.replace("/api/metrics", "http_route=", "uri=")),
                fault("sample", "no such series", stack -> stack.respond("/mimir/api/v1/query", "{job=\"api\"", 200, NO_RESULT)),
                fault("sample", "only older samples", stack -> stack.respond("/mimir/api/v1/query", "timestamp(http_server", 200, NO_RESULT)),
                fault("sample", "only older samples; a full disk has damaged a write-ahead log: restart alloy",
                        stack -> stack.respond("/mimir/api/v1/query", "timestamp(http_server", 200, NO_RESULT)
                                .respond("/metrics", "", 200, "prometheus_tsdb_wal_writes_failed_total{component_id=\"x\"} 13\n")),
                fault("labels", "labels level, method, service, trace_id",
                        stack -> stack.replace("/loki/", "\"method\":\"POST\"}", "\"method\":\"POST\",\"trace_id\":\"x\"}")),
                fault("labels", "labels job, level, method", stack -> stack.replace("/loki/", "{\"service\":\"api\"", "{\"job\":\"api\"")),
                fault("structured-metadata", "structured metadata []", stack -> stack.replace("/loki/", "structuredMetadata", "parsed")),
                fault("complete", "6, 1 too few", stack -> stack.replace("/loki/loki/api/v1/query", "\"7\"", "\"6\"")),
                fault("complete", "8, 1 too many", stack -> stack.replace("/loki/loki/api/v1/query", "\"7\"", "\"8\"")),
                fault("complete", "12 dropped before they reached the file",
                        stack -> stack.replace("/api/metrics", "{reason=\"disk\"} 0", "{reason=\"disk\"} 12")),
                fault("trace", "spans [POST, POST /orders, POST /payments]", stack -> stack.replace("/tempo/", SPAN_OF_THE_CARD, "")),
                fault("trace", "another service.name", stack -> stack.replace("/tempo/", "\"api\"", "\"unknown_service:java\"")),
                fault("exemplar", "none since 10 s", stack -> stack.respond("/mimir/api/v1/query_exemplars", "", 200, "{\"data\":[]}")),
                fault("exemplar", "traceID", stack -> stack.replace("/mimir/api/v1/query_exemplars", "\"trace_id\"", "\"traceID\"")),
                fault("service-graph", "no such series", stack -> stack.respond("/mimir/api/v1/query", "service_graph", 200, NO_RESULT)),
                fault("span-metrics", "no such series", stack -> stack.respond("/mimir/api/v1/query", "spanmetrics", 200, NO_RESULT)),
                fault("bucket-tempo", "none, though it runs for 1666 min", stack -> stack.replace("/tempo/metrics", "} 1\n", "} 0\n")),
                fault("bucket-loki", "none, though", stack -> stack.replace("/loki/metrics", "\"upload\"} 3", "\"upload\"} 1")),
                fault("links", "trace_id to tempo-1, not trace_id to tempo",
                        stack -> stack.replace("/grafana/api/datasources/uid/mimir", "\"tempo\"", "\"tempo-1\"")),
                fault("links", "regex trace_id to tempo, not label",
                        stack -> stack.replace("/grafana/api/datasources/uid/loki", "\"label\"", "\"regex\"")),
                fault("links", "| traceID =", stack -> stack.replace("/grafana/api/datasources/uid/tempo", "| trace_id", "| traceID")),
                fault("links", "no query", stack -> stack.replace("/grafana/api/datasources/uid/tempo", "{\"name\":\"rate\"}", "")),
                fault("query-tempo", "502: Bad Gateway",
                        stack -> stack.respond("/grafana/api/datasources/proxy/uid/tempo", "", 502, "Bad Gateway")),
                fault("query-loki", "uids mimir, P8E8", stack -> stack.respond("/grafana/api/datasources/uid/loki", "", 404, "{}")
                        .replace("/grafana/api/datasources", "\"loki\"},{\"uid\":\"tempo\"}]", "\"P8E8\"}]"), "links"),
                fault("dashboard", "none", stack -> stack.respond("/grafana/api/search", "", 200, "[]")),
                fault("loki", "another program listens there", stack -> stack.respond("/loki/", "", 200, "It works!")),
                fault("tempo", "check VERIFY_…_AUTH", stack -> stack.respond("/tempo/", "", 401, "")));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("faults")
    void namesTheArrowThatBreaks(String arrow, String found, Consumer<FakeStack> fault, List<String> also) throws Exception {
        fault.accept(stack);

        var document = verify(stack.deployment());

        assertEquals(Stream.concat(Stream.of(arrow), also.stream()).toList(), names(document, "broken"), document.toString());
        var reported = document.at("arrows").items().stream().filter(one -> one.at("name").text().equals(arrow)).findFirst().orElseThrow();
        assertTrue(reported.at("found").text().contains(found), "found: " + reported.at("found").text());
        assertFalse(reported.at("file").text().isEmpty() || reported.at("setting").text().isEmpty());
    }

    @Test
    void reportsArrowsThatNeedABrokenArrowAsFollowing() throws Exception {
        stack.respond("/loki/loki/api/v1/query_range", "", 200, "{\"data\":{\"result\":[]}}");

        var document = verify(stack.deployment());

        assertEquals(List.of("log-push"), names(document, "broken"));
        assertEquals(List.of("labels", "structured-metadata"), names(document, "follows"));
    }

    @ParameterizedTest
    @MethodSource("services")
    void blamesAServiceThatDoesNotRespondAndNothingElse(String service) throws Exception {
        stack.respond(service.equals("minio") ? "/loki/loki/api/v1/query" : "/nothing", "", 500, "the bucket is unreachable");

        var document = verify(stack.without(service));

        assertEquals(List.of(service), names(document, "broken"), document.toString());
        assertTrue(document.toString().contains("nothing listens at 127.0.0.1:1: " + service + " is not running"), document.toString());
        assertTrue(document.toString().contains("just logs " + service), document.toString());
    }

    static List<String> services() {
        return List.of("mimir", "loki", "tempo", "minio", "grafana", "alloy");
    }

    @Test
    void skipsEveryArrowToAndFromASkippedService() throws Exception {
        var document = verify(stack.without("tempo"), "--skip=tempo");

        assertEquals(List.of(), names(document, "broken"), document.toString());
        assertEquals(List.of("tempo", "trace", "exemplar", "span-metrics", "service-graph", "bucket-tempo", "query-tempo"), names(document, "skipped"));
    }

    @Test
    void skipsAndReportsServicesThatUpNativeLeftOut() throws Exception {
        var down = stack.without("grafana");

        int code = Verify.run(new String[0], new Deployment(down.kind(), Map.of("grafana", "grafana is not on the PATH"), down.endpoints(),
                down.logFile()), TIMEOUT, print(out), print(err));

        assertEquals(0, code, out.toString());
        assertTrue(out.toString(StandardCharsets.UTF_8).endsWith("""
                27 arrows: 21 ok, 0 broken, 6 skipped
                not checked: grafana, query-mimir, query-loki, query-tempo, links, dashboard (grafana is not on the PATH)
                """), out.toString());
    }

    @Test
    void anEmptyBucketOfAYoungBackendIsWaitingNotBroken() throws Exception {
        stack.respond("/tempo/metrics", "", 200, "process_start_time_seconds " + System.currentTimeMillis() / 1000 + "\n");

        var document = verify(stack.deployment());

        assertEquals(List.of("bucket-tempo"), names(document, "waiting"));
        assertTrue(document.toString().contains("none yet: runs for 0 min, writes within 15 min"), document.toString());
    }

    @Test
    void prometheusInsteadOfMimirHasNoBucket() throws Exception {
        stack.respond("/mimir/api/v1/status/buildinfo", "", 200, "{\"status\":\"success\",\"data\":{\"version\":\"3.5.0\"}}");

        assertEquals(List.of("bucket-mimir"), names(verify(stack.deployment()), "skipped"));
    }

    @Test
    void linesThatAreWrittenDuringTheChecksAreNotMissing() throws Exception {
        // The service counts seven lines at the first check and a thousand at later checks. Loki has ten.
        stack.replaceAfter(1, "/api/metrics", "log_lines_total{level=\"INFO\"} 6", "log_lines_total{level=\"INFO\"} 999");
        stack.replace("/loki/loki/api/v1/query", "\"7\"", "\"10\"");

        assertEquals(List.of(), names(verify(stack.deployment(), "--skip=scrape"), "broken"));
    }

    @Test
    void printsTheExpectedAndTheFoundValueAndTheFile() {
        stack.replace("/loki/", "{\"service\":\"api\"", "{\"job\":\"api\"");

        int code = Verify.run(new String[] {"--skip=grafana"}, stack.deployment(), TIMEOUT, print(out), print(err));

        assertEquals(1, code);
        var text = out.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("  expected labels service, level, method and no other (service api, method POST)\n"
                + "        found    labels job, level, method\n"
                + "        look at  infra/alloy/config.alloy: resource.service, resource.level, resource.method\n"
                + "        the log  just logs alloy\n"), text);
        assertTrue(text.contains("27 arrows: 20 ok, 1 broken, 6 skipped\n"), text);
    }

    @Test
    void namesTheConfigurationFileOfTheRunningDeployment() {
        var api = Deployment.Kind.values();

        assertEquals(List.of("infra/docker-compose.api.yml", "infra/native/native.sh", "infra/docker-compose.api.yml"),
                Stream.of(api).map(kind -> new Deployment(kind, Map.of(), Map.of(), null).file("infra/docker-compose.api.yml")).toList());
    }

    @Test
    void checksADeploymentWhoseAddressesAndCredentialsComeFromTheEnvironment() throws Exception {
        Map<String, String> environment = new HashMap<>(Map.of("LOG_FILE", folder.resolve("none/app.log").toString(), "VERIFY_LOKI_TENANT", "demo",
                "VERIFY_LOKI_AUTH", "Bearer t0ken", "VERIFY_MIMIR_TENANT", "metrics", "VERIFY_MIMIR_AUTH", "me:secret"));
        for (var service : List.of("api", "mimir", "loki", "tempo", "grafana")) {
            environment.put("VERIFY_" + service.toUpperCase() + "_URL", stack.base(service).toString());
        }
        // Paths that a load balancer does not route and gateways do not serve.
        stack.respond("/api/metrics", "", 404, "").respond("/loki/metrics", "", 404, "").respond("/metrics", "", 404, "");

        var document = verify(Deployment.of(Settings.from(environment)));

        assertEquals(List.of(), names(document, "broken"), document.toString());
        assertEquals(List.of("minio", "alloy", "scrape", "scrape-exemplar", "complete", "bucket-mimir", "bucket-loki"), names(document, "skipped"));
        assertTrue(document.toString().contains("1 lines of the trace; trace_id and span_id as in the response"), document.toString());
        assertEquals(Set.of("loki Bearer t0ken", "loki demo", "mimir Basic bWU6c2VjcmV0", "mimir metrics", "metrics Basic bWU6c2VjcmV0",
                "metrics metrics", "grafana Basic YWRtaW46YWRtaW4="), stack.credentials);
    }

    @Test
    void refusesACredentialWithoutRepeatingIt() {
        var settings = Settings.from(Map.of("VERIFY_LOKI_AUTH", "s3cret"));

        var bad = Assertions.assertThrows(BadSetting.class, () -> Deployment.of(settings));

        assertEquals("VERIFY_LOKI_AUTH must be 'Bearer TOKEN' or 'USER:PASSWORD'", bad.getMessage());
    }

    @Test
    void readsTheLogAndTheStateOfTheNativeStackInItsFolder() throws Exception {
        var run = Files.createDirectories(folder.resolve("data/native")).resolve("run");
        Files.writeString(run, "left-out grafana grafana is not on the PATH\nrunner " + ProcessHandle.current().pid() + "\n");
        var settings = Settings.from(Map.of("STACK_DATA", folder.resolve("data").toString()));

        var running = Deployment.of(settings);

        assertEquals(Deployment.Kind.NATIVE, running.kind());
        assertEquals(Map.of("grafana", "grafana is not on the PATH"), running.leftOut());
        assertEquals(folder.resolve("data/logs/app.log"), running.logFile());
        Files.writeString(run, "left-out grafana grafana is not on the PATH\nrunner 999999999\n");
        assertEquals(Deployment.Kind.CONTAINERS, Deployment.of(settings).kind());
    }

    @Test
    void reportsAnUnavailableApi() {
        int code = Verify.run(new String[0], stack.without("api"), TIMEOUT, print(out), print(err));

        assertEquals(1, code);
        assertEquals("verify: no order was accepted by the API at http://127.0.0.1:1: nothing listens at 127.0.0.1:1: api is not running; see just logs api\n",
                err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void refusesAnUnknownOptionAndAnUnknownName() {
        assertEquals(2, Verify.run(new String[] {"--fast"}, stack.deployment(), TIMEOUT, print(out), print(err)));
        assertEquals(2, Verify.run(new String[] {"--wait=-1"}, stack.deployment(), TIMEOUT, print(out), print(err)));
        assertEquals(2, Verify.run(new String[] {"--skip=mmir"}, stack.deployment(), TIMEOUT, print(out), print(err)));

        var lines = err.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals("verify: unknown option '--fast', expected --json, --skip=NAME, --wait=SECONDS, --list or --help", lines.getFirst());
        assertEquals("verify: --wait must be a whole number of seconds from 0 to 99999, was '-1'", lines.get(1));
        assertTrue(lines.getLast().endsWith(", was 'mmir'"), lines.getLast());
    }

    private Json verify(Deployment deployment, String... options) throws Exception {
        var args = Stream.concat(Stream.of("--json"), Stream.of(options)).toArray(String[]::new);
        int code = Verify.run(args, deployment, TIMEOUT, print(out), print(err));
        assertEquals("", err.toString(StandardCharsets.UTF_8));
        var document = Json.read(out.toString(StandardCharsets.UTF_8));
        assertEquals(names(document, "broken").isEmpty() ? 0 : 1, code);
        return document;
    }

    private static List<String> names(Json document, String state) {
        return document.at("arrows").items().stream().filter(arrow -> arrow.at("state").text().equals(state))
                .map(arrow -> arrow.at("name").text()).toList();
    }

    private static Arguments fault(String arrow, String found, Consumer<FakeStack> fault, String... also) {
        return Arguments.of(arrow, found, fault, List.of(also));
    }

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
