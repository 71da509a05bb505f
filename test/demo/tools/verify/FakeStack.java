package demo.tools.verify;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * The whole stack behind one socket, with the responses of the real services (Grafana's and Mimir's from their
 * references). Healthy until {@link #respond} or {@link #replace} adds a fault.
 */
final class FakeStack implements AutoCloseable {
    private static final String SPAN = "00f067aa0ba902b7";
    private static final List<String> SERVICES = List.of("api", "mimir", "loki", "tempo", "grafana", "minio", "alloy");

    private record Request(String path, String query, String accept) {}

    private record Reply(int status, String body) {}

    /** Changes the responses from number {@code first} until before {@code end} to requests that match. */
    private record Fault(String path, String query, int first, int end, UnaryOperator<Reply> change,
            AtomicInteger seen) {
        Reply apply(Request request, Reply reply) {
            boolean matches = request.path.startsWith(path) && request.query.contains(query);
            int number = matches ? seen.getAndIncrement() : -1;
            return number >= first && number < end ? change.apply(reply) : reply;
        }
    }

    private final HttpServer server;
    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final Path logFile;
    private final long openedMillis = System.currentTimeMillis() - 60_000;
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
        return fault(path, query, 0, Integer.MAX_VALUE, _ -> new Reply(status, body));
    }

    /** The first request to {@code path} gets this response. */
    FakeStack respondOnce(String path, int status, String body) {
        return fault(path, "", 0, 1, _ -> new Reply(status, body));
    }

    /** The responses to {@code path} get {@code replacement} in place of {@code old}. */
    FakeStack replace(String path, String old, String replacement) {
        return replaceAfter(0, path, old, replacement);
    }

    /** Like {@link #replace}, after the first {@code healthy} responses. */
    FakeStack replaceAfter(int healthy, String path, String old, String replacement) {
        return fault(path, "", healthy, Integer.MAX_VALUE, reply ->
                new Reply(reply.status, reply.body.replace(old, replacement)));
    }

    private FakeStack fault(String path, String query, int first, int end, UnaryOperator<Reply> change) {
        faults.add(new Fault(path, query, first, end, change, new AtomicInteger()));
        return this;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            var headers = exchange.getRequestHeaders();
            var uri = exchange.getRequestURI();
            var query = uri.getRawQuery() == null ? "" : URLDecoder.decode(uri.getRawQuery(), StandardCharsets.UTF_8);
            var request = new Request(uri.getPath(), query, headers.getOrDefault("Accept", List.of("")).getFirst());
            for (var header : List.of("Authorization", "X-Scope-OrgID")) {
                if (headers.containsKey(header)) {
                    credentials.add(request.path.split("/")[1] + " " + headers.getFirst(header));
                }
            }
            if (request.path.equals("/api/orders")) {
                trace = headers.getFirst("traceparent").split("-")[1];
                Files.writeString(logFile, logLine.apply(line()));
                exchange.getResponseHeaders().set("traceresponse", "00-" + trace + "-" + SPAN + "-01");
            }
            var reply = healthy(request);
            for (var fault : faults) {
                reply = fault.apply(request, reply);
            }
            var bytes = reply.body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(reply.status, bytes.length == 0 ? -1 : bytes.length);
            if (bytes.length > 0) {
                exchange.getResponseBody().write(bytes);
            }
        }
    }

    private Reply healthy(Request request) {
        var path = request.path;
        var body = switch (path) {
            case "/api/menu" -> "{\"menu\":[{\"item\":\"espresso\",\"price_cents\":250}]}";
            case "/api/orders" -> "{\"id\":\"1\"}";
            case "/api/metrics" -> metrics(request.accept.contains("openmetrics"));
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
            case "/loki/loki/api/v1/query" ->
                    "{\"data\":{\"result\":[{\"metric\":{},\"value\":[1,\"" + linesHeld(request.query) + "\"]}]}}";
            case "/metrics", "/loki/metrics", "/tempo/metrics" -> """
                    process_start_time_seconds %d
                    loki_objstore_bucket_operations_total{bucket="",operation="upload"} 3
                    loki_objstore_bucket_operation_failures_total{bucket="",operation="upload"} 1
                    thanos_objstore_bucket_operations_total{bucket="mimir",component="ingester",operation="upload"} 3
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

    /** 7 lines of the service, and 800 of an earlier one, whose last line is 250 ms older than the first of the 7. */
    private int linesHeld(String query) {
        var range = Pattern.compile("\\[(\\d+)ms].*time=(\\d+)000000").matcher(query);
        if (!range.find()) {
            throw new IllegalArgumentException("expected a range in ms and a time in ns, was " + query);
        }
        return Long.parseLong(range.group(2)) - Long.parseLong(range.group(1)) < openedMillis - 250 ? 807 : 7;
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
                log_lines_total{level="INFO"} 6
                log_lines_total{level="WARN"} 1
                log_lines_dropped_total{reason="disk"} 0
                log_opened_timestamp_seconds %s
                """.formatted(labels, exemplar, labels, openedMillis / 1e3);
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
