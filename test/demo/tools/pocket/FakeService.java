package demo.tools.pocket;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpServer;
import demo.json.Json;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Simulates the telemetry of the observed service. Each {@link #request} creates one sample with an exemplar, one log
 * line and one trace, built with the official OTLP classes.
 */
public final class FakeService implements AutoCloseable {
    private static final List<Double> BOUNDS = List.of(.005, .05, .5, 5.0, Double.POSITIVE_INFINITY);

    private final HttpServer server;
    private final Path log;
    private final Random random = new Random(3);
    private final Map<String, Integer> counts = new LinkedHashMap<>(); // by series; guarded by this
    private final Map<String, String> exemplars = new HashMap<>(); // by series; guarded by this

    public FakeService(Path log, int port) throws IOException {
        this.log = log;
        Files.createDirectories(log.getParent());
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/metrics", exchange -> {
            byte[] body = metrics().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    URI metricsUri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/metrics");
    }

    /** The three records of one request; the trace goes to the receiver at this port. Returns the trace id. */
    String request(int otlpPort, String method, String route, int status, double seconds, String message)
            throws Exception {
        byte[] trace = bytes(16);
        String traceId = HexFormat.of().formatHex(trace);
        count(method, route, status, seconds, traceId);
        line(status < 400 ? "INFO" : status < 500 ? "WARN" : "ERROR", message, traceId,
                ",\"method\":\"%s\",\"path\":\"%s\",\"route\":\"%s\",\"status\":%d,\"duration_ms\":%.3f"
                        .formatted(method, route, route, status, seconds * 1000));
        long end = Instant.now().toEpochMilli() * 1_000_000;
        long nanos = (long) (seconds * 1e9);
        byte[] root = bytes(8);
        Span.Builder order = span(trace, root, new byte[0], method + " " + route, end - nanos, end)
                .addAttributes(text("http.route", route)).addAttributes(number("http.response.status_code", status));
        if (status >= 500) {
            order.getStatusBuilder().setCode(StatusCode.STATUS_CODE_ERROR).setMessage("payment refused");
            order.addEventsBuilder().setName("exception").setTimeUnixNano(end - nanos / 5)
                    .addAttributes(text("exception.message", "the card terminal did not respond"));
        }
        PocketProcess.post(otlpPort, request("api", order.build(), span(trace, bytes(8), root, "POST /payments",
                end - nanos * 8 / 10, end - nanos / 10).addAttributes(text("http.route", "/payments")).build()));
        return traceId;
    }

    /** Writes a line in the documented format; {@code more} is JSON. */
    void line(String level, String message, String traceId, String more) throws IOException {
        String template = "{\"timestamp\":\"%s\",\"level\":\"%s\",\"service\":\"api\",\"message\":%s%s%s}\n";
        Files.writeString(log, template.formatted(Instant.now(), level,
                new String(Json.write(message), StandardCharsets.UTF_8),
                traceId.isEmpty() ? "" : ",\"trace_id\":\"" + traceId + "\"", more),
                StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    public static ExportTraceServiceRequest request(String service, Span... spans) {
        return ExportTraceServiceRequest.newBuilder().addResourceSpans(ResourceSpans.newBuilder()
                .setResource(Resource.newBuilder().addAttributes(text("service.name", service)))
                .addScopeSpans(ScopeSpans.newBuilder().addAllSpans(List.of(spans)))).build();
    }

    /** @param parent empty for a root */
    public static Span.Builder span(byte[] trace, byte[] id, byte[] parent, String name, long startNanos,
            long endNanos) {
        return Span.newBuilder().setTraceId(ByteString.copyFrom(trace)).setSpanId(ByteString.copyFrom(id))
                .setParentSpanId(ByteString.copyFrom(parent)).setName(name).setKind(SpanKind.SPAN_KIND_SERVER)
                .setStartTimeUnixNano(startNanos).setEndTimeUnixNano(endNanos);
    }

    public static KeyValue text(String key, String value) {
        return KeyValue.newBuilder().setKey(key).setValue(AnyValue.newBuilder().setStringValue(value)).build();
    }

    static KeyValue number(String key, long value) {
        return KeyValue.newBuilder().setKey(key).setValue(AnyValue.newBuilder().setIntValue(value)).build();
    }

    private synchronized void count(String method, String route, int status, double seconds, String traceId) {
        String exemplar = " # {trace_id=\"%s\"} %s %.3f".formatted(traceId, seconds, System.currentTimeMillis() / 1e3);
        for (double bound : BOUNDS) {
            String series = ("http_server_request_duration_seconds_bucket{http_request_method=\"%s\","
                    + "http_response_status_code=\"%d\",http_route=\"%s\",le=\"%s\"} ")
                    .formatted(method, status, route, bound == Double.POSITIVE_INFINITY ? "+Inf" : bound);
            counts.merge(series, seconds <= bound ? 1 : 0, Integer::sum);
            if (seconds <= bound) {
                exemplars.put(series, exemplar);
            }
        }
    }

    private synchronized String metrics() {
        var text = new StringBuilder();
        counts.forEach((series, count) -> text.append(series).append(count)
                .append(exemplars.getOrDefault(series, "")).append('\n'));
        return text.append("# EOF\n").toString();
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
