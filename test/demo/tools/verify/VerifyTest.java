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
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each fault of the stack, simulated on a real socket: verify reports exactly the broken arrow. */
@Timeout(60)
class VerifyTest {
    private final Path folder;
    @AutoClose
    private final FakeStack stack;

    VerifyTest(@TempDir Path folder) throws IOException {
        this.folder = folder;
        stack = new FakeStack(folder.resolve("app.log"));
    }

    @Test
    void findsEveryArrowOfAHealthyStackAndWaitsForDataThatIsLate() {
        stack.faultOnce("/tempo/api/traces", null, "404 trace not found");

        var output = verify(0, stack.without(""), "--wait=20");

        assertTrue(output.startsWith("POST /orders, trace " + stack.trace + "\n"), output);
        assertTrue(output.endsWith("\n26 arrows: 26 ok\n"), output);
    }

    /** A fault of the stack; the state that verify reports for one arrow, and what it prints. */
    @ParameterizedTest(name = "{1}: {2}")
    @CsvSource(delimiter = ';', textBlock = """
            BROKEN; tempo; check VERIFY_…_AUTH; /tempo/; ; 401
            BROKEN; log-line; no line with that trace_id; log; ;
            BROKEN; log-line; no "span_id":; log; "span_id":"$SPAN",;
            BROKEN; log-line; response sent; log; {"timestamp; INFO "timestamp
            BROKEN; scrape; uri="/orders"; /api/metrics; http_route=; uri=
            BROKEN; scrape-exemplar; # {id=; /api/metrics; {trace_id=; {id=
            BROKEN; sample; no such series; job="api"; ; 200 {}
            BROKEN; sample; only older samples; timestamp(http_server; ; 200 {}
            BROKEN; log-push; from log-push; /loki/loki/api/v1/query_range; ; 200 {}
            BROKEN; labels; labels [level, method, service, trace_id]; /loki/; "POST"}; "POST","trace_id":"x"}
            BROKEN; structured-metadata; {}; | trace_id=; ; 200 {}
            BROKEN; trace; no "authorize card"; /api/traces/; authorize card; pay
            BROKEN; exemplar; none; query_exemplars; ; 200 {}
            BROKEN; exemplar; /api/traces/0 responds 404; query_exemplars; ; 200 {"trace_id":"0"}
            BROKEN; span-metrics; no such series; spanmetrics; ; 200 {}
            BROKEN; service-graph; no such series; service_graph; ; 200 {}
            BROKEN; bucket-mimir; none; /metrics; uploads_total 3; uploads_total 0
            BROKEN; bucket-loki; none; /metrics; 1.7e+09; 0
            BROKEN; bucket-tempo; none: runs for 1666 min, writes within 15 min; /metrics; tenant"} 1; tenant"} 0
            BROKEN; query-mimir; responds 404; uid/mimir/api; ; 404
            BROKEN; query-loki; {}; uid/loki/loki; ; 200 {}
            BROKEN; query-tempo; responds 502: Bad Gateway; uid/tempo/api; ; 502 Bad Gateway
            BROKEN; links; graph → trace: trace_id to tempo-1; uid/mimir; "tempo"; "tempo-1"
            BROKEN; links; log line → trace: regex trace_id to tempo; uid/loki; "label"; "regex"
            BROKEN; dashboard; []; /search; ; 200 []
            waiting; bucket-tempo; , writes within 15 min; /tempo/metrics; ; 200 process_start_time_seconds 4e9
            skipped; bucket-mimir; not checked: a Prometheus; buildinfo; Grafana Mimir; Prometheus
            """)
    void namesTheArrow(String state, String arrow, String found, String url, String old, String replacement) {
        stack.fault(url, old, replacement);

        var output = verify(state.equals("BROKEN") ? 1 : 0, stack.without(""));

        assertEquals(List.of(arrow), names(output, state), output);
        assertTrue(output.contains(found), output);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mimir", "loki", "tempo", "minio", "grafana", "alloy"})
    void blamesAServiceThatDoesNotRespondAndNothingElse(String service) {
        if (service.equals("minio")) {
            stack.fault("/loki/loki/api/v1/query", null, "500 the bucket is unreachable");
        }

        var output = verify(1, stack.without(service));

        assertEquals(List.of(service), names(output, "BROKEN"), output);
        assertTrue(output.contains("nothing listens at 127.0.0.1:1: " + service + " is not running\n"), output);
        assertTrue(output.contains("the log  just logs " + service + "\n"), output);
    }

    @Test
    void skipsAndReportsArrowsOfServicesThatUpNativeLeftOutAndOfOptions() {
        var down = stack.without("grafana");

        var output = verify(0, new Deployment(down.kind(), Map.of("grafana", "not on the PATH"), down.endpoints(),
                down.logFile()), "--skip=tempo");

        assertTrue(output.endsWith("26 arrows: 14 ok, 12 skipped\n"), output);
        assertTrue(output.contains(" s  not checked: --skip\n"), output);
        assertEquals(6, output.split(" s  not checked: not on the PATH\n").length - 1, output);
    }

    @Test
    void printsTheExpectedAndTheFoundValueAndTheFile() {
        stack.fault("/loki/", "{\"service\":\"api\"", "{\"job\":\"api\"");

        var output = verify(1, stack.without(""), "--skip=grafana");

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
        stack.fault("/metrics", null, "404");

        var output = verify(0, Deployment.of(Settings.from(environment)));

        assertEquals(List.of(), names(output, "BROKEN"), output);
        assertEquals(List.of("minio", "alloy", "scrape", "scrape-exemplar", "bucket-mimir", "bucket-loki",
                "bucket-tempo"), names(output, "skipped"));
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
        assertEquals("verify: no order was accepted by the API at http://127.0.0.1:1: nothing listens at 127.0.0.1:1:"
                + " api is not running; see just logs api, start the stack with just up, or check VERIFY_API_URL\n",
                verify(1, stack.without("api")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--fast", "--wait=-1", "--skip=mmir"})
    void refusesABadOption(String option) {
        var output = verify(2, stack.without(""), option);

        assertTrue(output.matches("verify: expected --skip=NAME,… with names of \\[alloy, api, .*], "
                + "or --wait=SECONDS, was '" + option + "'\n"), output);
    }

    @Test
    void refusesBadCredentialsWithoutPrintingThem() {
        var settings = Settings.from(Map.of("VERIFY_LOKI_AUTH", "s3cret"));

        var bad = assertThrows(BadSetting.class, () -> Deployment.of(settings));

        assertEquals("VERIFY_LOKI_AUTH must be 'Bearer TOKEN' or 'USER:PASSWORD'", bad.getMessage());
    }

    /** Checks each arrow once, unless an option says otherwise; returns stdout and stderr. */
    private static String verify(int code, Deployment deployment, String... options) {
        var bytes = new ByteArrayOutputStream();
        var out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        int actual = Verify.run(options, deployment, Duration.ZERO, out, out);
        var output = bytes.toString(StandardCharsets.UTF_8);
        assertEquals(code, actual, output);
        return output;
    }

    /** The arrows in this state. */
    private static List<String> names(String output, String state) {
        return Pattern.compile("(?m)^" + state + " +(\\S+)").matcher(output).results()
                .map(line -> line.group(1)).toList();
    }
}
