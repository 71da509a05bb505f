package demo.tools.verify;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * The whole stack behind one real socket, in the answers that the real services gave to the same questions (Grafana's
 * and Mimir's from their references). Healthy until {@link #answer} puts a fault in front.
 */
final class FakeStack implements AutoCloseable {
    static final String SPAN = "00f067aa0ba902b7";

    record Question(String method, String path, String query, String accept) {}

    record Reply(int status, String body) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Function<Question, Reply>> faults = new ArrayList<>();
    private final Path logFile;
    private final long openedMillis = System.currentTimeMillis() - 60_000;
    /** What is written to the log for an order; the healthy line goes in. */
    UnaryOperator<String> logLine = line -> line;
    volatile String trace = "none";

    FakeStack(Path logFile) throws IOException {
        this.logFile = logFile;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    Places places() {
        return new Places(at("/api"), at("/mimir"), at("/loki"), at("/tempo"), at("/grafana"), at("/s3"), logFile);
    }

    /** Questions to {@code path} (as it begins) whose query contains {@code query} get {@code status} and {@code body}. */
    FakeStack answer(String path, String query, int status, String body) {
        faults.add(question -> question.path.startsWith(path) && question.query.contains(query) ? new Reply(status, body) : null);
        return this;
    }

    /** What would be answered to {@code path} is answered with {@code old} replaced. */
    FakeStack replace(String path, String old, String replacement) {
        return replaceAfter(0, path, old, replacement);
    }

    /** The same, from the answer after the first {@code healthy} ones. */
    FakeStack replaceAfter(int healthy, String path, String old, String replacement) {
        var seen = new AtomicInteger();
        faults.add(question -> {
            if (!question.path.startsWith(path) || seen.incrementAndGet() <= healthy) {
                return null;
            }
            var reply = healthy(question);
            if (!reply.body.contains(old)) {
                return null;
            }
            return new Reply(reply.status, reply.body.replace(old, replacement));
        });
        return this;
    }

    private URI at(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            var uri = exchange.getRequestURI();
            var accept = exchange.getRequestHeaders().getFirst("Accept");
            var question = new Question(exchange.getRequestMethod(), uri.getPath(),
                    uri.getRawQuery() == null ? "" : URLDecoder.decode(uri.getRawQuery(), StandardCharsets.UTF_8), accept == null ? "" : accept);
            if (question.method.equals("POST") && question.path.equals("/api/orders")) {
                trace = exchange.getRequestHeaders().getFirst("traceparent").split("-")[1];
                Files.writeString(logFile, logLine.apply(line()));
                exchange.getResponseHeaders().set("traceresponse", "00-" + trace + "-" + SPAN + "-01");
            }
            var reply = faults.stream().map(fault -> fault.apply(question)).filter(one -> one != null).findFirst().orElseGet(() -> healthy(question));
            var bytes = reply.body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(reply.status, bytes.length == 0 ? -1 : bytes.length);
            if (bytes.length > 0) {
                exchange.getResponseBody().write(bytes);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private Reply healthy(Question question) {
        var path = question.path;
        var body = switch (path) {
            case "/api/menu" -> "{\"menu\":[{\"item\":\"espresso\",\"price_cents\":250}]}";
            case "/api/orders" -> "{\"id\":\"1\"}";
            case "/api/metrics" -> metrics(question.accept.contains("openmetrics"));
            case "/mimir/api/v1/query" -> mimir(question.query);
            case "/mimir/api/v1/query_exemplars" -> """
                    {"status":"success","data":[{"seriesLabels":{"__name__":"http_server_request_duration_seconds_bucket"},"exemplars":[{"labels":{"trace_id":"%s","span_id":"%s"},"value":"0.07","timestamp":%d}]}]}"""
                    .formatted(trace, SPAN, Instant.now().getEpochSecond());
            case "/mimir/api/v1/status/buildinfo" -> "{\"status\":\"success\",\"data\":{\"application\":\"Grafana Mimir\",\"version\":\"3.2.1\"}}";
            case "/loki/loki/api/v1/query_range" -> lokiLine();
            case "/loki/loki/api/v1/query" -> "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},\"value\":[1,\"" + linesHeld(question.query) + "\"]}]}}";
            case "/s3/mimir" -> bucket("blocks/anonymous/01J/index");
            case "/s3/loki" -> bucket("fake/1/2:3");
            case "/s3/tempo" -> bucket("single-tenant/1/data.parquet");
            case "/loki/metrics", "/tempo/metrics", "/metrics" -> "process_start_time_seconds " + (Instant.now().getEpochSecond() - 100_000) + "\n";
            case "/grafana/api/health" -> "{\"database\":\"ok\",\"version\":\"13.2.3\"}";
            case "/grafana/api/search" -> "[{\"uid\":\"service\",\"title\":\"The service\",\"type\":\"dash-db\"}]";
            case "/grafana/api/datasources" -> "[{\"uid\":\"mimir\"},{\"uid\":\"loki\"},{\"uid\":\"tempo\"}]";
            case "/grafana/api/datasources/uid/mimir" -> """
                    {"uid":"mimir","type":"prometheus","jsonData":{"exemplarTraceIdDestinations":[{"name":"trace_id","datasourceUid":"tempo"}]}}""";
            case "/grafana/api/datasources/uid/loki" -> """
                    {"uid":"loki","type":"loki","jsonData":{"derivedFields":[{"name":"trace_id","matcherType":"label","matcherRegex":"trace_id","url":"${__value.raw}","datasourceUid":"tempo"}]}}""";
            case "/grafana/api/datasources/uid/tempo" -> """
                    {"uid":"tempo","type":"tempo","jsonData":{"tracesToLogsV2":{"datasourceUid":"loki","customQuery":true,"query":"{${__tags}} | trace_id = \\"${__trace.traceId}\\""},"tracesToMetrics":{"datasourceUid":"mimir","queries":[{"name":"rate","query":"up"}]},"serviceMap":{"datasourceUid":"mimir"}}}""";
            case "/grafana/api/datasources/proxy/uid/mimir/api/v1/query" -> mimir(question.query);
            case "/grafana/api/datasources/proxy/uid/loki/loki/api/v1/query_range" -> lokiLine();
            default -> path.matches("/grafana/api/datasources/uid/\\w+/health") ? "{\"status\":\"OK\",\"message\":\"fine\"}"
                    : path.endsWith("/api/traces/" + trace) ? tempoTrace() : null;
        };
        return body == null ? new Reply(404, "not found") : new Reply(path.equals("/api/orders") ? 201 : 200, body);
    }

    /** Seven lines of the service, and of the one before it 800, the last of them a quarter of a second before the first. */
    private int linesHeld(String query) {
        var range = Pattern.compile("\\[(\\d+)ms].*time=(\\d+)000000").matcher(query);
        if (!range.find()) {
            throw new IllegalArgumentException("expected a range in ms and a time in ns, was " + query);
        }
        long from = Long.parseLong(range.group(2)) - Long.parseLong(range.group(1));
        return from < openedMillis - 250 ? 807 : 7;
    }

    private String line() {
        return """
                {"timestamp":"2026-11-23T11:05:34.428714Z","level":"INFO","service":"api","logger":"http","thread":"virtual-40","message":"request completed","trace_id":"%s","span_id":"%s","method":"POST","path":"/orders","route":"/orders","status":201,"duration_ms":20.339}
                """.formatted(trace, SPAN);
    }

    private String metrics(boolean openMetrics) {
        var exemplar = openMetrics ? " # {span_id=\"" + SPAN + "\",trace_id=\"" + trace + "\"} 0.07 1700000000.000" : "";
        return """
                # TYPE http_server_request_duration_seconds histogram
                http_server_request_duration_seconds_bucket{http_request_method="POST",http_response_status_code="201",http_route="/orders",le="0.1"} 3%s
                http_server_request_duration_seconds_count{http_request_method="POST",http_response_status_code="201",http_route="/orders"} 3
                log_lines_total{level="INFO"} 6
                log_lines_total{level="WARN"} 1
                log_opened_timestamp_seconds %s
                process_start_time_seconds %s
                """.formatted(exemplar, openedMillis / 1e3, openedMillis / 1e3 - 2);
    }

    private static String mimir(String query) {
        var metric = query.contains("service_graph") ? "{\"client\":\"api\",\"server\":\"api\"}"
                : query.contains("spanmetrics") ? "{\"service\":\"api\",\"span_name\":\"GET /menu\"}"
                : "{\"__name__\":\"http_server_request_duration_seconds_count\",\"job\":\"api\",\"http_route\":\"/orders\"}";
        return "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":" + metric + ",\"value\":["
                + Instant.now().getEpochSecond() + ",\"" + Instant.now().getEpochSecond() + "\"]}]}}";
    }

    private String lokiLine() {
        return """
                {"status":"success","data":{"resultType":"streams","encodingFlags":["categorize-labels"],"result":[{"stream":{"service":"api","level":"INFO","method":"POST"},"values":[["1700000000000000000","a line",{"structuredMetadata":{"trace_id":"%s","span_id":"%s"}}]]}]}}"""
                .formatted(trace, SPAN);
    }

    private static String bucket(String key) {
        return "<?xml version=\"1.0\"?><ListBucketResult><Contents><Key>" + key + "</Key><LastModified>2026-11-23T11:00:00.000Z</LastModified><Size>9</Size></Contents></ListBucketResult>";
    }

    private static String tempoTrace() {
        return """
                {"batches":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"api"}}]},"scopeSpans":[{"scope":{"name":"x"},"spans":[{"name":"POST /orders","kind":"SPAN_KIND_SERVER"},{"name":"POST","kind":"SPAN_KIND_CLIENT"},{"name":"POST /payments","kind":"SPAN_KIND_SERVER"},{"name":"authorize card","kind":"SPAN_KIND_INTERNAL"}]}]}]}""";
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
