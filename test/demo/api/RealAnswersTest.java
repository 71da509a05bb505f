package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import demo.infra.RealLoki;
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
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every query that is asked anywhere, put to a real Prometheus, Loki and Tempo that hold what the real service gave: each is
 * answered, and with something. A program that is not on the PATH is a skipped test.
 */
class RealAnswersTest {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final long PATIENCE_NANOS = 40_000_000_000L;
    /**
     * Of these there are none: what was lost, who waits for ever, the alerts, what other programs give; and a native histogram
     * where the classic one is kept as well, which Debian's Prometheus can't.
     */
    private static final String MAY_BE_EMPTY =
            ".*(http_server_request_duration_seconds\\{|`lost`|log_lines_dropped_total|jvm_threads_deadlocked|trace_spans_failed| > |alloy_|otelcol_|prometheus_|minio_|traces_).*";

    @TempDir
    static Path folder;

    private static final List<Process> STARTED = new ArrayList<>();
    private static int tempoPort;
    private static int otlpPort;
    private static Service service;
    private static String slowTrace;

    /** One of each kind of request: well, slow, failed. */
    @BeforeAll
    static void start() throws Exception {
        tempoPort = freePort();
        otlpPort = freePort();
        service = Service.start(folder, Map.of("FAULTS", "on", "SEED", "5", "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc",
                "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + otlpPort));
        if (isOnPath("tempo")) {
            startTempo();
        }
        service.get("/menu");
        service.post("/faults", "{\"fault\": \"error-burst\", \"on\": true}");
        var order = order();
        for (int i = 0; i < 20; i++) {
            service.get(order.headers().firstValue("Location").orElseThrow());
        }
        service.post("/faults", "{\"fault\": \"slow-payments\", \"on\": true}");
        slowTrace = Service.traceId(order());
        service.post("/faults", "{\"fault\": \"slow-payments\", \"on\": false}");
        // For what survives a collection, and for what was allocated since the last.
        new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(service.process().pid()), "GC.run")
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
    }

    @AfterAll
    static void stop() {
        STARTED.forEach(process -> process.destroyForcibly().onExit().join());
        if (service != null) {
            service.close();
        }
    }

    @Test
    void prometheusAnswersEveryPromQl() throws Exception {
        assumeTrue(isOnPath("prometheus"), "prometheus is not on the PATH (Debian: apt-get install prometheus)");
        int port = freePort();
        var config = Files.writeString(folder.resolve("prometheus.yml"), """
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                rule_files: ["%s"]
                scrape_configs: [{job_name: api, static_configs: [{targets: ["127.0.0.1:%d"]}]}]
                """.formatted(Path.of("infra/mimir/rules/anonymous/slo.yaml").toAbsolutePath(), service.port()));
        start("prometheus", "--config.file=" + config, "--web.listen-address=127.0.0.1:" + port, "--storage.tsdb.path=" + folder.resolve("tsdb"),
                "--enable-feature=exemplar-storage");

        assertAnswered(Queries.promQl(), query -> get(port, "/api/v1/query", "query", query), "\"result\":[{");
    }

    @Test
    void lokiAnswersEveryLogQl() throws Exception {
        assumeTrue(isOnPath("loki"), "loki is not on the PATH (nix develop brings it)");
        try (var loki = new RealLoki(folder, config -> config)) {
            push(loki);

            assertAnswered(Queries.logQl(slowTrace), query -> loki.get("/loki/api/v1/query_range", "query", query, "since", "10m", "step", "30s"),
                    "\"result\":[{");
        }
    }

    @Test
    void tempoAnswersEveryTraceQl() throws Exception {
        assumeTrue(isOnPath("tempo"), "tempo is not on the PATH (nix develop brings it)");

        assertAnswered(Queries.traceQl(), query -> get(tempoPort, "/api/search", "q", query, "limit", "20"), "\"traceID\"");
    }

    private static void startTempo() throws Exception {
        var config = Files.writeString(folder.resolve("tempo.yaml"), Files.readString(Path.of("infra/tempo/tempo.yaml"))
                .replace("http_listen_port: 3200", "http_listen_port: " + tempoPort).replace("grpc_listen_port: 9097", "grpc_listen_port: " + freePort())
                .replace(":4317", ":" + otlpPort).replaceAll("(?s)    backend: s3\n    s3:\n.*?    wal:", "    backend: local\n    local: {path: " + folder + "/blocks}\n    wal:")
                .replaceAll("(?s)    remote_write:\n.*?\n\n", "\n"));
        start("tempo", "-config.file=" + config, "-config.expand-env=true");
        awaitAnswer(tempoPort, "/ready");
    }

    /** The service's own lines, as Alloy's configuration sends them on. */
    private static void push(RealLoki loki) throws Exception {
        var records = new ArrayList<String>();
        for (String line : Files.readAllLines(folder.resolve("app.log"))) {
            var fields = Service.flat(line);
            var time = Instant.parse(fields.get("timestamp").toString());
            records.add("{\"resource\":{\"attributes\":[" + attributes(fields, "service", "level", "method") + "]},\"scopeLogs\":[{\"logRecords\":[{"
                    + "\"timeUnixNano\":\"" + time.getEpochSecond() + "%09d".formatted(time.getNano()) + "\",\"body\":{\"stringValue\":\""
                    + new String(JsonStringEncoder.getInstance().quoteAsString(line)) + "\"},\"attributes\":[" + attributes(fields, "trace_id", "span_id") + "]}]}]}");
        }
        var answer = loki.push(String.join(",", records));
        assertEquals(204, answer.statusCode(), answer.body());
    }

    private static String attributes(Map<String, Object> fields, String... names) {
        return List.of(names).stream().filter(fields::containsKey)
                .map(name -> "{\"key\":\"" + name + "\",\"value\":{\"stringValue\":\"" + fields.get(name) + "\"}}").collect(Collectors.joining(","));
    }

    private static HttpResponse<String> order() throws Exception {
        for (int i = 0; i < 50; i++) {
            var answer = service.post("/orders", "{\"item\": \"tea\", \"quantity\": 1}");
            if (answer.statusCode() == 201) {
                return answer;
            }
        }
        throw new AssertionError("no order of 50 was accepted");
    }

    // ---- asking --------------------------------------------------------------------------------------------------------

    private interface Ask {
        HttpResponse<String> about(String query) throws Exception;
    }

    /** Each is understood, and holds {@code something} before patience ends; the service gets new requests meanwhile. */
    private static void assertAnswered(Map<String, String> queries, Ask ask, String something) throws Exception {
        assertTrue(queries.size() >= 3, queries.toString());
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        Map<String, String> empty = new LinkedHashMap<>(queries);
        while (!empty.isEmpty() && System.nanoTime() < deadline) {
            service.get("/menu");
            order();
            for (var query : Map.copyOf(empty).entrySet()) {
                HttpResponse<String> answer;
                try {
                    answer = ask.about(query.getKey());
                } catch (IOException e) {
                    break; // it does not listen yet
                }
                if (answer.statusCode() == 503) {
                    break; // nor is it ready
                }
                assertEquals(200, answer.statusCode(), () -> query.getValue() + ": " + query.getKey() + ": " + answer.body());
                if (answer.body().contains(something) || query.getKey().matches("(?s)" + MAY_BE_EMPTY)) {
                    empty.remove(query.getKey());
                }
            }
            LockSupport.parkNanos(200_000_000);
        }
        assertEquals(Map.of(), empty, "queries without an answer");
    }

    private static void awaitAnswer(int port, String path) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try {
                if (get(port, path).statusCode() == 200) {
                    return;
                }
            } catch (IOException e) {
                // It does not listen yet.
            }
            assertTrue(System.nanoTime() < deadline, () -> "not ready after 40 s; it said " + said());
            LockSupport.parkNanos(100_000_000);
        }
    }

    private static HttpResponse<String> get(int port, String path, String... query) throws IOException, InterruptedException {
        var uri = new StringBuilder("http://127.0.0.1:" + port + path);
        for (int i = 0; i < query.length; i += 2) {
            uri.append(i == 0 ? '?' : '&').append(query[i]).append('=').append(URLEncoder.encode(query[i + 1], StandardCharsets.UTF_8));
        }
        return HTTP.send(HttpRequest.newBuilder(URI.create(uri.toString())).build(), HttpResponse.BodyHandlers.ofString());
    }

    // ---- programs ------------------------------------------------------------------------------------------------------

    private static void start(String... command) throws IOException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(folder.resolve(command[0] + ".said").toFile());
        builder.environment().putAll(Map.of("LISTEN_ADDRESS", "127.0.0.1", "TEMPO_DATA", folder + "/tempo"));
        STARTED.add(builder.start());
    }

    private static String said() {
        try (var files = Files.list(folder)) {
            var all = new StringBuilder();
            for (Path file : files.filter(one -> one.toString().endsWith(".said")).toList()) {
                all.append(file.getFileName()).append(": ").append(Files.readString(file));
            }
            return all.toString();
        } catch (IOException e) {
            return e.toString();
        }
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
