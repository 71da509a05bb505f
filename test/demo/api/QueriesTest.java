package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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
    private static final Set<String> PROMQL_KEYWORDS = Set.of("by", "without", "on", "ignoring", "group_left",
            "group_right", "or", "and", "unless", "bool", "offset");
    /**
     * These may have no result: drops, deadlocks, alerts, metrics of other programs; and native histograms, which
     * Debian's Prometheus does not store together with classic ones.
     */
    private static final String MAY_BE_EMPTY = "(?s).*(http_server_request_duration_seconds\\{|`lost`|`dropped`"
            + "|log_lines_dropped_total|jvm_threads_deadlocked|trace_spans_failed| > |alloy_|otelcol_|prometheus_"
            + "|minio_|traces_).*";

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
        // Some JVM metrics exist from the first garbage collection on.
        start(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), "-J-XX:TieredStopAtLevel=1",
                "" + service.process().pid(), "GC.run").waitFor();
    }

    @AfterAll
    static void stop() {
        STARTED.forEach(process -> process.destroyForcibly().onExit().join());
        if (service != null) {
            service.close();
        }
    }

    @Test
    void everyMetricExists() throws Exception {
        var known = new TreeSet<>(Queries.recordingRules().keySet());
        Files.readAllLines(FOREIGN_METRICS).stream().filter(line -> !line.startsWith("#")).forEach(known::add);
        known.add("http_server_request_duration_seconds"); // the native histogram, in the protobuf form only
        long deadline = System.nanoTime() + TIMEOUT_NANOS;
        while (!known.contains("jvm_memory_pool_allocated_bytes_total") && System.nanoTime() < deadline) {
            service.openMetrics().lines().filter(line -> !line.startsWith("#"))
                    .forEach(line -> known.add(line.split("[{ ]", 2)[0]));
        }
        var missing = new ArrayList<String>();
        int names = 0;
        for (var query : Queries.promQl().entrySet()) {
            for (String name : metrics(query.getKey())) {
                names++;
                if (!known.contains(name)) {
                    missing.add(name + " in " + query.getValue());
                }
            }
        }

        assertEquals(List.of(), missing);
        assertTrue(names > 80, "only " + names + " names were found in the queries");
        assertEquals(Set.of("a_total", "b_bucket", "up"), metrics("sum by (x) (rate(a_total{job=\"c\"}[5m]))"
                + " / on (x) histogram_quantile(0.9, b_bucket) or 0 * up > 1e3"));
    }

    /** The metric names: the rest after strings, matchers, ranges, groupings, functions and keywords. */
    private static Set<String> metrics(String promQl) {
        String bare = promQl.replaceAll("\"[^\"]*\"", "").replaceAll("\\{[^}]*}", " ").replaceAll("\\[[^]]*]", " ")
                .replaceAll("\\b(by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)", " ");
        return Pattern.compile("(?<![\\w.:])[a-zA-Z_:][\\w:]*+(?!\\s*\\()").matcher(bare).results()
                .map(name -> name.group()).filter(name -> !PROMQL_KEYWORDS.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
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
        start("prometheus", "--config.file=" + config, "--web.listen-address=127.0.0.1:" + port,
                "--storage.tsdb.path=" + folder.resolve("tsdb"), "--enable-feature=exemplar-storage");

        assertResults(Queries.promQl(), query -> get(port, "/api/v1/query", "query", query), "\"result\":[{");
    }

    @Test
    void lokiHasAResultForEveryLogQl() throws Exception {
        assumeTrue(isOnPath("loki"), "loki is not on the PATH (nix develop brings it)");
        try (var loki = new RealLoki(folder, config -> config)) {
            push(loki);

            assertResults(Queries.logQl(slowTrace),
                    query -> loki.get("/loki/api/v1/query_range", "query", query, "since", "10m", "step", "30s"),
                    "\"result\":[{");
        }
    }

    @Test
    void tempoHasAResultForEveryTraceQl() throws Exception {
        assumeTrue(isOnPath("tempo"), "tempo is not on the PATH (nix develop brings it)");

        assertResults(Queries.traceQl(), query -> get(tempoPort, "/api/search", "q", query, "limit", "20"),
                "\"traceID\"");
    }

    private interface Send {
        HttpResponse<String> send(String query) throws Exception;
    }

    /** Each query gets status 200 and, before the deadline, this text. The service gets new requests meanwhile. */
    private static void assertResults(Map<String, String> queries, Send backend, String text) throws Exception {
        assertTrue(queries.size() >= 3, queries.toString());
        long deadline = System.nanoTime() + TIMEOUT_NANOS;
        Map<String, String> withoutResult = new LinkedHashMap<>(queries);
        withoutResult.keySet().removeIf(query -> query.matches(MAY_BE_EMPTY) && isValid(backend, query, deadline));
        while (!withoutResult.isEmpty() && System.nanoTime() < deadline) {
            service.get("/menu");
            service.placeOrder();
            for (var query : Map.copyOf(withoutResult).entrySet()) {
                var response = backend.send(query.getKey());
                assertEquals(200, response.statusCode(),
                        () -> query.getValue() + ": " + query.getKey() + ": " + response.body());
                if (response.body().contains(text)) {
                    withoutResult.remove(query.getKey());
                }
            }
            LockSupport.parkNanos(500_000_000);
        }
        assertEquals(Map.of(), withoutResult, "queries without a result");
    }

    /** Retries while the backend does not listen or is not ready. */
    private static boolean isValid(Send backend, String query, long deadline) {
        while (System.nanoTime() < deadline) {
            try {
                var response = backend.send(query);
                if (response.statusCode() != 503) {
                    assertEquals(200, response.statusCode(), () -> query + ": " + response.body());
                    return true;
                }
            } catch (Exception e) {
                LockSupport.parkNanos(100_000_000);
            }
        }
        return false;
    }

    private static void startTempo(int otlpPort) throws Exception {
        var config = Files.writeString(folder.resolve("tempo.yaml"), Files.readString(Path.of("infra/tempo/tempo.yaml"))
                .replace("http_listen_port: 3200", "http_listen_port: " + tempoPort)
                .replace("grpc_listen_port: 9097", "grpc_listen_port: " + freePort())
                .replace(":4317", ":" + otlpPort)
                .replaceAll("(?s)    backend: s3\n    s3:\n.*?    wal:",
                        "    backend: local\n    local: {path: " + folder + "/blocks}\n    wal:")
                .replaceAll("(?s)    remote_write:\n.*?\n\n", "\n"));
        start("tempo", "-config.file=" + config, "-config.expand-env=true");
        long deadline = System.nanoTime() + TIMEOUT_NANOS;
        assertTrue(isValid(query -> get(tempoPort, query), "/ready", deadline), "tempo is not ready");
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

    private static HttpResponse<String> get(int port, String path, String... query)
            throws IOException, InterruptedException {
        var uri = new StringBuilder("http://127.0.0.1:" + port + path);
        for (int i = 0; i < query.length; i += 2) {
            uri.append(i == 0 ? '?' : '&').append(query[i]).append('=')
                    .append(URLEncoder.encode(query[i + 1], StandardCharsets.UTF_8));
        }
        return HTTP.send(HttpRequest.newBuilder(URI.create(uri.toString())).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static Process start(String... command) throws IOException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(folder.resolve(Path.of(command[0]).getFileName() + ".out").toFile());
        builder.environment().putAll(Map.of("LISTEN_ADDRESS", "127.0.0.1", "TEMPO_DATA", folder + "/tempo"));
        STARTED.add(builder.start());
        return STARTED.getLast();
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static boolean isOnPath(String program) {
        for (String place : System.getenv("PATH").split(File.pathSeparator)) {
            if (Files.isExecutable(Path.of(place, program))) {
                return true;
            }
        }
        return false;
    }
}
