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

/**
 * The whole stack behind one socket, with the responses of the real services (Grafana's and Mimir's from their
 * references). Healthy until {@link #fault} adds a fault.
 */
final class FakeStack implements AutoCloseable {
    private static final String SPAN = "00f067aa0ba902b7";
    private static final String LINE = """
            {"timestamp":"2026-11-23T11:05:34.428714Z","level":"INFO","service":"api","logger":"http","thread":"v",\
            "message":"response sent","trace_id":"$TRACE","span_id":"$SPAN","method":"POST","path":"/orders"}""";
    /** Path, status, body. Grafana's data sources respond like the backends. */
    private static final String RESPONSES = """
            /api/orders 201 {"id":"1"}
            /api/metrics 200 $DURATION_bucket{$LABELS,le="0.1"} 3 # {trace_id="$TRACE"} 0.07 1.7\
            \\n$DURATION_count{$LABELS} 3
            /mimir/api/v1/query 200 {"data":{"result":[{"metric":{"job":"api"},"value":[1,"1"]}]}}
            /mimir/api/v1/query_exemplars 200 {"data":[{"exemplars":[{"labels":{"trace_id":"$TRACE"},"value":"0.07"}]}]}
            /mimir/api/v1/status/buildinfo 200 {"status":"success","data":{"application":"Grafana Mimir"}}
            /metrics 200 cortex_ingester_shipper_uploads_total 3\\nprocess_start_time_seconds $START
            /ingester/flush 204
            /loki/loki/api/v1/query_range 200 {"data":{"result":[{"stream":{"service":"api","level":"INFO",\
            "method":"POST"},"values":[["1","$LINE",{"structuredMetadata":{"trace_id":"$TRACE","span_id":"$SPAN"}}]]}]}}
            /loki/loki/api/v1/status/buildinfo 200 {"version":"3.7.6","revision":""}
            /loki/metrics 200 loki_objstore_bucket_last_successful_upload_time{bucket="loki"} 1.7e+09\
            \\nprocess_start_time_seconds $START
            /loki/flush 204
            /tempo/api/echo 200 echo
            /tempo/api/traces/$TRACE 200 {"batches":[{"resource":{"attributes":[{"key":"service.name",\
            "value":{"stringValue":"api"}}]},"scopeSpans":[{"spans":[{"name":"POST /orders","kind":"SPAN_KIND_SERVER"},\
            {"name":"POST","kind":"SPAN_KIND_CLIENT"},{"name":"POST /payments","kind":"SPAN_KIND_SERVER"},\
            {"name":"authorize card","kind":"SPAN_KIND_INTERNAL"}]}]}]}
            /tempo/metrics 200 tempodb_blocklist_length{tenant="single-tenant"} 1\\nprocess_start_time_seconds $START
            /minio/minio/health/live 200 MinIO
            /alloy/-/ready 200 Alloy is ready.
            /grafana/api/health 200 {"database":"ok","version":"13.2.3"}
            /grafana/api/search 200 [{"uid":"service","title":"The service","type":"dash-db"}]
            /grafana/api/datasources/uid/mimir 200 {"jsonData":{"exemplarTraceIdDestinations":[{"name":"trace_id",\
            "datasourceUid":"tempo"}]}}
            /grafana/api/datasources/uid/loki 200 {"jsonData":{"derivedFields":[{"matcherType":"label",\
            "matcherRegex":"trace_id","datasourceUid":"tempo"}]}}
            /grafana/api/datasources/uid/tempo 200 {"jsonData":{"serviceMap":{"datasourceUid":"mimir"},\
            "tracesToMetrics":{"datasourceUid":"mimir"},"tracesToLogsV2":{"datasourceUid":"loki",\
            "query":"{${__tags}} | trace_id = \\"${__trace.traceId}\\""}}}
            """.replace("$DURATION", "http_server_request_duration_seconds").replace("$LABELS", """
            http_request_method="POST",http_response_status_code="201",http_route="/orders\"""");

    private record Fault(String url, String old, String replacement, boolean once) {}

    private final HttpServer server;
    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final Path logFile;
    /** Service, header and value of each request that had credentials or a tenant. */
    final Set<String> credentials = new ConcurrentSkipListSet<>();
    volatile String trace = "none";

    FakeStack(Path logFile) throws IOException {
        this.logFile = logFile;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.start();
    }

    /** The stack where nothing listens for {@code service}; empty: the whole stack. */
    Deployment without(String service) {
        Map<String, Endpoint> endpoints = new HashMap<>();
        List.of("api", "mimir", "loki", "tempo", "grafana", "minio", "alloy").forEach(name -> endpoints.put(name,
                new Endpoint(name, name.equals(service) ? URI.create("http://127.0.0.1:1") : base(name), Map.of())));
        return new Deployment(Deployment.Kind.NATIVE, Map.of(), endpoints, logFile);
    }

    URI base(String service) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/" + service);
    }

    /**
     * Changes the responses to URLs that contain {@code url}; "log" is the log file.
     *
     * @param old         the text to replace; null: status and body
     * @param replacement null: nothing
     */
    void fault(String url, String old, String replacement) {
        faults.add(new Fault(url, old, replacement == null ? "" : replacement, false));
    }

    /** Like {@link #fault}, for the first response only. */
    void faultOnce(String url, String old, String replacement) {
        faults.add(new Fault(url, old, replacement, true));
    }

    private String change(String url, String response) {
        for (var fault : faults) {
            if (url.contains(fault.url)) {
                response = fault.old == null ? fault.replacement : response.replace(fault.old, fault.replacement);
                faults.removeIf(one -> one == fault && fault.once);
            }
        }
        return response;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            var headers = exchange.getRequestHeaders();
            var path = exchange.getRequestURI().getPath();
            for (var header : List.of("Authorization", "X-Scope-OrgID")) {
                if (headers.containsKey(header)) {
                    credentials.add(path.split("/")[1] + " " + headers.getFirst(header));
                }
            }
            if (path.equals("/api/orders")) {
                trace = headers.getFirst("traceparent").split("-")[1];
                Files.writeString(logFile, filled(change("log", LINE)) + "\n");
                exchange.getResponseHeaders().set("traceresponse", "00-" + trace + "-" + SPAN + "-01");
            }
            var response = filled(RESPONSES).lines()
                    .filter(line -> line.startsWith(path.replace("/grafana/api/datasources/proxy/uid", "") + " "))
                    .map(line -> line.split(" ", 2)[1].replace("\\n", "\n")).findFirst().orElse("404 not found");
            if (!String.valueOf(headers.getFirst("Accept")).contains("openmetrics")) {
                response = response.replaceAll(" # .*", "");
            }
            var url = URLDecoder.decode(exchange.getRequestURI().toString(), StandardCharsets.UTF_8);
            var parts = (change(url, response) + " ").split(" ", 2);
            exchange.sendResponseHeaders(Integer.parseInt(parts[0]), parts[0].equals("204") ? -1 : 0);
            exchange.getResponseBody().write(parts[1].strip().getBytes(StandardCharsets.UTF_8));
        }
    }

    private String filled(String text) {
        return text.replace("$LINE", change("log", LINE).replace("\"", "\\\"")).replace("$TRACE", trace)
                .replace("$SPAN", SPAN).replace("$START", "" + (Instant.now().getEpochSecond() - 100_000));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
