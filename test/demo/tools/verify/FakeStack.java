package demo.tools.verify;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;

/**
 * The whole stack behind one socket, with the responses of the real services (Grafana's and Mimir's from their
 * references). Healthy until {@link #respond} or {@link #replace} adds a fault.
 */
final class FakeStack implements AutoCloseable {
    private static final String SPAN = "00f067aa0ba902b7";
    private static final List<String> SERVICES = List.of("api", "mimir", "loki", "tempo", "grafana", "minio", "alloy");

    private record Reply(int status, String body) {}

    /** Changes the responses to requests whose path starts with {@code path} and whose query contains {@code query}. */
    private record Fault(String path, String query, UnaryOperator<Reply> change) {}

    private final HttpServer server;
    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final Path logFile;
    /** Service, header and value of each request that had credentials or a tenant. */
    final Set<String> credentials = new ConcurrentSkipListSet<>();
    /** What an order writes to the log; the argument is the healthy line. */
    volatile UnaryOperator<String> logLine = line -> line;
    volatile String trace = "none";

    FakeStack(Path logFile) throws IOException {
        this.logFile = logFile;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.start();
    }

    Deployment deployment() {
        return without("");
    }

    /** The stack where nothing listens for {@code service}. */
    Deployment without(String service) {
        Map<String, Endpoint> endpoints = new HashMap<>();
        SERVICES.forEach(name -> endpoints.put(name, new Endpoint(name,
                name.equals(service) ? URI.create("http://127.0.0.1:1") : base(name), Map.of())));
        return new Deployment(Deployment.Kind.NATIVE, Map.of(), endpoints, logFile);
    }

    URI base(String service) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/" + service);
    }

    /** Removes all faults. */
    void repair() {
        faults.clear();
        credentials.clear();
        logLine = line -> line;
    }

    /** Requests whose path starts with {@code path} and whose query contains {@code query} get this response. */
    FakeStack respond(String path, String query, int status, String body) {
        return fault(path, query, _ -> new Reply(status, body));
    }

    /** The first request to {@code path} gets this response. */
    void respondOnce(String path, int status, String body) {
        var first = new AtomicBoolean(true);
        fault(path, "", reply -> first.getAndSet(false) ? new Reply(status, body) : reply);
    }

    /** The responses to {@code path} get {@code replacement} in place of {@code old}. */
    FakeStack replace(String path, String old, String replacement) {
        return fault(path, "", reply -> new Reply(reply.status, reply.body.replace(old, replacement)));
    }

    private FakeStack fault(String path, String query, UnaryOperator<Reply> change) {
        faults.add(new Fault(path, query, change));
        return this;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            var headers = exchange.getRequestHeaders();
            var path = exchange.getRequestURI().getPath();
            var query = String.valueOf(exchange.getRequestURI().getQuery()).replace('+', ' ');
            for (var header : List.of("Authorization", "X-Scope-OrgID")) {
                if (headers.containsKey(header)) {
                    credentials.add(path.split("/")[1] + " " + headers.getFirst(header));
                }
            }
            if (path.equals("/api/orders")) {
                trace = headers.getFirst("traceparent").split("-")[1];
                Files.writeString(logFile, logLine.apply(line()));
                exchange.getResponseHeaders().set("traceresponse", "00-" + trace + "-" + SPAN + "-01");
            }
            var reply = healthy(path, String.valueOf(headers.getFirst("Accept")).contains("openmetrics"));
            for (var fault : faults) {
                reply = path.startsWith(fault.path) && query.contains(fault.query) ? fault.change.apply(reply) : reply;
            }
            exchange.sendResponseHeaders(reply.status, 0);
            exchange.getResponseBody().write(reply.body.getBytes(StandardCharsets.UTF_8));
        }
    }

    private Reply healthy(String path, boolean openMetrics) {
        var body = switch (path) {
            case "/api/orders" -> "{\"id\":\"1\"}";
            case "/api/metrics" -> metrics(openMetrics);
            case "/mimir/api/v1/query", "/grafana/api/datasources/proxy/uid/mimir/api/v1/query" ->
                    "{\"data\":{\"result\":[{\"metric\":{\"job\":\"api\"},\"value\":[1,\"1\"]}]}}";
            case "/mimir/api/v1/query_exemplars" -> """
                    {"data":[{"exemplars":[{"labels":{"span_id":"%s","trace_id":"%s"},"value":"0.07"}]}]}"""
                    .formatted(SPAN, trace);
            case "/mimir/api/v1/status/buildinfo" ->
                    "{\"status\":\"success\",\"data\":{\"application\":\"Grafana Mimir\"}}";
            case "/loki/loki/api/v1/status/buildinfo" -> "{\"version\":\"3.7.6\",\"revision\":\"\"}";
            case "/tempo/api/echo" -> "echo";
            case "/minio/minio/health/live" -> "MinIO";
            case "/alloy/-/ready" -> "Alloy is ready.";
            case "/loki/loki/api/v1/query_range",
                    "/grafana/api/datasources/proxy/uid/loki/loki/api/v1/query_range" -> lokiLine();
            case "/metrics", "/loki/metrics", "/tempo/metrics" -> """
                    process_start_time_seconds %d
                    loki_objstore_bucket_last_successful_upload_time{bucket="loki"} 1.7e+09
                    cortex_ingester_shipper_uploads_total 3
                    tempodb_blocklist_length{tenant="single-tenant"} 1
                    """.formatted(Instant.now().getEpochSecond() - 100_000);
            case "/loki/flush", "/ingester/flush" -> "";
            case "/grafana/api/health" -> "{\"database\":\"ok\",\"version\":\"13.2.3\"}";
            case "/grafana/api/search" -> "[{\"uid\":\"service\",\"title\":\"The service\",\"type\":\"dash-db\"}]";
            case "/grafana/api/datasources/uid/mimir" -> """
                    {"jsonData":{"exemplarTraceIdDestinations":[{"name":"trace_id","datasourceUid":"tempo"}]}}""";
            case "/grafana/api/datasources/uid/loki" -> """
                    {"jsonData":{"derivedFields":[{"matcherType":"label","matcherRegex":"trace_id",\
                    "datasourceUid":"tempo"}]}}""";
            case "/grafana/api/datasources/uid/tempo" -> """
                    {"jsonData":{"serviceMap":{"datasourceUid":"mimir"},\
                    "tracesToMetrics":{"datasourceUid":"mimir","queries":[{"name":"rate"}]},\
                    "tracesToLogsV2":{"datasourceUid":"loki",\
                    "query":"{${__tags}} | trace_id = \\"${__trace.traceId}\\""}}}""";
            default -> path.endsWith("/api/traces/" + trace) ? TRACE : null;
        };
        return body == null ? new Reply(404, "not found") : new Reply(path.equals("/api/orders") ? 201 : 200, body);
    }

    private String line() {
        return """
                {"timestamp":"2026-11-23T11:05:34.428714Z","level":"INFO","service":"api","logger":"http",\
                "thread":"v","message":"response sent","trace_id":"%s","span_id":"%s","method":"POST","path":"/orders"}
                """.formatted(trace, SPAN);
    }

    private String metrics(boolean openMetrics) {
        var exemplar = openMetrics ? " # {span_id=\"" + SPAN + "\",trace_id=\"" + trace + "\"} 0.07 1700000000.0" : "";
        var labels = "http_request_method=\"POST\",http_response_status_code=\"201\",http_route=\"/orders\"";
        return """
                http_server_request_duration_seconds_bucket{%s,le="0.1"} 3%s
                http_server_request_duration_seconds_count{%s} 3
                """.formatted(labels, exemplar, labels);
    }

    private String lokiLine() {
        return """
                {"data":{"result":[{"stream":{"service":"api","level":"INFO","method":"POST"},"values":\
                [["1700000000000000000","%s",{"structuredMetadata":{"trace_id":"%s","span_id":"%s"}}]]}]}}"""
                .formatted(logLine.apply(line()).strip().replace("\"", "\\\""), trace, SPAN);
    }

    private static final String TRACE = """
            {"batches":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"api"}}]},\
            "scopeSpans":[{"spans":[{"name":"POST /orders","kind":"SPAN_KIND_SERVER"},\
            {"name":"POST","kind":"SPAN_KIND_CLIENT"},{"name":"POST /payments","kind":"SPAN_KIND_SERVER"},\
            {"name":"authorize card","kind":"SPAN_KIND_INTERNAL"}]}]}]}""";

    @Override
    public void close() {
        server.stop(0);
    }
}
