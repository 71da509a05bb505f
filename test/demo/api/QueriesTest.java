package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import demo.api.Queries.Language;
import demo.infra.RealLoki;
import demo.json.Json;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every query of the project, sent to a real Prometheus, Loki and Tempo with the real service's telemetry: each is
 * valid and has a result. A program that is not on the PATH skips its test.
 */
class QueriesTest {
    private static final Path FOREIGN_METRICS = Path.of("test/demo/api/foreign-metrics.txt");
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final long TIMEOUT_NANOS = 40_000_000_000L;
    /**
     * These may have no result: dropped lines, alerts, metrics of other programs; and native histograms, which Debian's
     * Prometheus does not store together with classic ones.
     */
    private static final String MAY_BE_EMPTY = "(?s).*(http_server_request_duration_seconds\\{|`dropped`| > | == 0"
            + "|alloy_|otelcol_|prometheus_|minio_|traces_).*";

    @TempDir
    static Path folder;

    private static final List<Process> STARTED = new ArrayList<>();
    private static int tempoPort;
    private static Service service;
    private static String slowTrace;

    /** Successful, slow and failing requests. */
    @BeforeAll
    static void start() throws Exception {
        tempoPort = freePort();
        int otlpPort = freePort();
        service = Service.start(folder, Map.of("FAULTS", "on", "SEED", "5",
                "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + otlpPort));
        if (isOnPath("tempo")) {
            startTempo(otlpPort);
        }
        service.get("/menu");
        service.setFault("error-burst", true);
        String order = service.placeOrder().headers().firstValue("Location").orElseThrow();
        for (int i = 0; i < 20; i++) {
            service.get(order);
        }
        service.setFault("slow-payments", true);
        slowTrace = Service.traceId(service.placeOrder());
        service.setFault("slow-payments", false);
        service.collectGarbage();
    }

    @AfterAll
    static void stop() {
        STARTED.forEach(process -> process.destroyForcibly().onExit().join());
        if (service != null) {
            service.close();
        }
    }

    @Test
    void metricsOfOtherProgramsExist() throws Exception {
        var names = Pattern.compile("\\b(alloy|otelcol|prometheus|minio|traces|scrape)_\\w+")
                .matcher(String.join("\n", Queries.in(Language.PROMQL, slowTrace).keySet())).results()
                .map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));

        assertTrue(names.size() > 10, names::toString);
        names.removeAll(Files.readAllLines(FOREIGN_METRICS));
        assertEquals(Set.of(), names);
    }

    @Test
    void prometheusHasAResultForEveryPromQl() throws Exception {
        assumeTrue(isOnPath("prometheus"), "prometheus is not on the PATH (Debian: apt-get install prometheus)");
        int port = freePort();
        var rules = Files.writeString(folder.resolve("rules.yml"),
                Files.readString(Queries.RULES).replace("interval: 15s", "interval: 1s"));
        var config = Files.writeString(folder.resolve("prometheus.yml"), String.format(Locale.ROOT, """
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                rule_files: ["%s"]
                scrape_configs: [{job_name: api, static_configs: [{targets: ["127.0.0.1:%d"]}]}]
                """, rules, service.port()));
        start(port, "/-/ready", "prometheus", "--config.file=" + config, "--web.listen-address=127.0.0.1:" + port,
                "--storage.tsdb.path=" + folder.resolve("tsdb"), "--enable-feature=exemplar-storage");

        assertResults(Language.PROMQL, query -> get(port, "/api/v1/query?query=" + encoded(query)), "\"result\":[{");
    }

    @Test
    void lokiHasAResultForEveryLogQl() throws Exception {
        assumeTrue(isOnPath("loki"), "loki is not on the PATH (nix develop brings it)");
        try (var loki = new RealLoki(folder, config -> config)) {
            push(loki);

            assertResults(Language.LOGQL,
                    query -> loki.get("/loki/api/v1/query_range", "query", query, "since", "10m", "step", "30s"),
                    "\"result\":[{");
        }
    }

    @Test
    void tempoHasAResultForEveryTraceQl() throws Exception {
        assumeTrue(isOnPath("tempo"), "tempo is not on the PATH (nix develop brings it)");

        assertResults(Language.TRACEQL, query -> get(tempoPort, "/api/search?limit=20&q=" + encoded(query)),
                "\"traceID\"");
    }

    private interface Backend {
        HttpResponse<String> send(String query) throws Exception;
    }

    /** Each query gets status 200 and, before the deadline, this text. The service gets new requests meanwhile. */
    private static void assertResults(Language language, Backend backend, String text) throws Exception {
        var withoutResult = Queries.in(language, slowTrace);
        assertTrue(withoutResult.size() >= 3, withoutResult.toString());
        long deadline = System.nanoTime() + TIMEOUT_NANOS;
        while (!withoutResult.isEmpty() && System.nanoTime() < deadline) {
            service.get("/menu");
            service.placeOrder();
            for (String query : List.copyOf(withoutResult.keySet())) {
                var response = backend.send(query);
                assertEquals(200, response.statusCode(), () -> query + ": " + response.body());
                if (query.matches(MAY_BE_EMPTY) || response.body().contains(text)) {
                    withoutResult.remove(query);
                }
            }
            Thread.sleep(500);
        }
        assertEquals(Map.of(), withoutResult, "queries without a result");
    }

    private static void startTempo(int otlpPort) throws Exception {
        var config = Files.writeString(folder.resolve("tempo.yaml"), Files.readString(Path.of("infra/tempo/tempo.yaml"))
                .replace("http_listen_port: 3200", "http_listen_port: " + tempoPort)
                .replace("grpc_listen_port: 9097", "grpc_listen_port: " + freePort())
                .replace(":4317", ":" + otlpPort)
                .replaceAll("(?s)    backend: s3\n    s3:\n.*?    wal:",
                        "    backend: local\n    local: {path: " + folder + "/blocks}\n    wal:")
                .replaceAll("(?s)    remote_write:\n.*?\n\n", "\n"));
        start(tempoPort, "/ready", "tempo", "-config.file=" + config, "-config.expand-env=true");
    }

    /** Sends the service's lines with the labels of Alloy's configuration. */
    private static void push(RealLoki loki) throws Exception {
        var records = new ArrayList<String>();
        for (String line : Files.readAllLines(folder.resolve("app.log"))) {
            var fields = Service.flat(line);
            var time = Instant.parse(fields.get("timestamp").toString());
            var log = Map.of("timeUnixNano", time.getEpochSecond() + String.format(Locale.ROOT, "%09d", time.getNano()),
                    "body", Map.of("stringValue", line), "attributes", attributes(fields, "trace_id", "span_id"));
            records.add(new String(Json.write(Map.of(
                    "resource", Map.of("attributes", attributes(fields, "service", "level", "method")),
                    "scopeLogs", List.of(Map.of("logRecords", List.of(log))))), StandardCharsets.UTF_8));
        }
        var response = loki.push(String.join(",", records));
        assertEquals(204, response.statusCode(), response.body());
    }

    private static List<?> attributes(Map<String, Object> fields, String... names) {
        return List.of(names).stream().filter(fields::containsKey)
                .map(name -> Map.of("key", name, "value", Map.of("stringValue", fields.get(name)))).toList();
    }

    private static HttpResponse<String> get(int port, String path) throws IOException, InterruptedException {
        return HTTP.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static String encoded(String query) {
        return URLEncoder.encode(query, StandardCharsets.UTF_8);
    }

    /** Starts a backend and waits until it is ready. */
    private static void start(int port, String readyPath, String... command) throws Exception {
        var builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(folder.resolve(command[0] + ".out").toFile());
        builder.environment().putAll(Map.of("LISTEN_ADDRESS", "127.0.0.1", "TEMPO_DATA", folder + "/tempo"));
        STARTED.add(builder.start());
        long deadline = System.nanoTime() + TIMEOUT_NANOS;
        while (!isReady(port, readyPath)) {
            assertTrue(System.nanoTime() < deadline, command[0] + " is not ready");
            Thread.sleep(100);
        }
    }

    private static boolean isReady(int port, String path) throws InterruptedException {
        try {
            return get(port, path).statusCode() == 200;
        } catch (IOException e) {
            return false; // the backend does not listen yet
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static boolean isOnPath(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
