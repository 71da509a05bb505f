package demo.tools.pocket;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Speaks the contract of the observed service without being one: each {@link #request} leaves one sample with an exemplar,
 * one log line and one trace, made by the official OTLP classes.
 */
public final class FakeService implements AutoCloseable {
    private static final double[] BOUNDS = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

    private record Key(String method, String route, int status) {}

    private static final class Counts {
        final long[] buckets = new long[BOUNDS.length + 1];
        final String[] exemplars = new String[BOUNDS.length + 1];
        double sum;
    }

    private final HttpServer server;
    private final HttpClient client = HttpClient.newHttpClient();
    private final Path log;
    private final RandomGenerator random;
    private final Map<Key, Counts> counts = new LinkedHashMap<>();
    private final double started = Instant.now().toEpochMilli() / 1000.0;

    public FakeService(Path log, int port, RandomGenerator random) throws IOException {
        this.log = log;
        this.random = random;
        Files.createDirectories(log.toAbsolutePath().getParent());
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/metrics", exchange -> {
            byte[] body = metrics().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public URI metricsUri() {
        return URI.create("http://127.0.0.1:" + port() + "/metrics");
    }

    /** One request's three records; the trace goes to the receiver at this port. Gives the trace id. */
    public String request(int otlpPort, String method, String route, int status, double seconds, String message) throws Exception {
        byte[] trace = bytes(16);
        byte[] span = bytes(8);
        String traceId = HexFormat.of().formatHex(trace);
        count(new Key(method, route, status), seconds, traceId, HexFormat.of().formatHex(span));
        line(status < 400 ? "INFO" : status < 500 ? "WARN" : "ERROR", message, traceId, HexFormat.of().formatHex(span),
                ",\"method\":\"%s\",\"path\":\"%s\",\"route\":\"%s\",\"status\":%d,\"duration_ms\":%.3f"
                        .formatted(method, route, route, status, seconds * 1000));
        send(otlpPort, trace(trace, span, method, route, status, seconds));
        return traceId;
    }

    /** Writes a line as the contract says; {@code message} is escaped, {@code more} is JSON. */
    public void line(String level, String message, String traceId, String spanId, String more) throws IOException {
        String text = "{\"timestamp\":\"%s\",\"level\":\"%s\",\"service\":\"api\",\"logger\":\"demo.api\",\"thread\":\"virtual-1\",\"message\":%s%s%s}\n"
                .formatted(Instant.now().truncatedTo(ChronoUnit.MICROS), level, quoted(message),
                        traceId.isEmpty() ? "" : ",\"trace_id\":\"" + traceId + "\",\"span_id\":\"" + spanId + "\"", more);
        Files.writeString(log, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    static String quoted(String text) {
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }

    public int send(int otlpPort, ExportTraceServiceRequest request) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + otlpPort + "/v1/traces"))
                .header("Content-Type", "application/x-protobuf")
                .POST(HttpRequest.BodyPublishers.ofByteArray(request.toByteArray())).build(),
                HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private ExportTraceServiceRequest trace(byte[] trace, byte[] root, String method, String route, int status, double seconds) {
        long end = Instant.now().toEpochMilli() * 1_000_000;
        long nanos = (long) (seconds * 1e9);
        Span server = span(trace, root, null, method + " " + route, Span.SpanKind.SPAN_KIND_SERVER, end - nanos, end)
                .addAttributes(text("http.request.method", method)).addAttributes(text("http.route", route))
                .addAttributes(number("http.response.status_code", status))
                .setStatus(Status.newBuilder().setCode(status >= 500 ? Status.StatusCode.STATUS_CODE_ERROR : Status.StatusCode.STATUS_CODE_UNSET))
                .build();
        byte[] clientId = bytes(8);
        Span.Builder client = span(trace, clientId, root, "POST", Span.SpanKind.SPAN_KIND_CLIENT, end - nanos * 9 / 10, end - nanos / 10)
                .addAttributes(text("url.full", "http://127.0.0.1:8000/payments"));
        if (status >= 500) {
            client.setStatus(Status.newBuilder().setCode(Status.StatusCode.STATUS_CODE_ERROR).setMessage("payment refused"));
            client.addEvents(Span.Event.newBuilder().setName("exception").setTimeUnixNano(end - nanos / 5)
                    .addAttributes(text("exception.message", "the card terminal did not answer"))
                    .addAttributes(text("exception.stacktrace", "java.io.IOException: the card terminal did not answer\n\tat demo.api.Payments.take(Payments.java:42)")));
        }
        Span payments = span(trace, bytes(8), clientId, "POST /payments", Span.SpanKind.SPAN_KIND_SERVER, end - nanos * 8 / 10, end - nanos * 2 / 10)
                .addAttributes(text("http.route", "/payments")).build();
        return request("api", server, client.build(), payments);
    }

    public static ExportTraceServiceRequest request(String service, Span... spans) {
        return ExportTraceServiceRequest.newBuilder().addResourceSpans(ResourceSpans.newBuilder()
                .setResource(Resource.newBuilder().addAttributes(text("service.name", service)))
                .addScopeSpans(ScopeSpans.newBuilder().setScope(InstrumentationScope.newBuilder().setName("fake"))
                        .addAllSpans(java.util.List.of(spans)))).build();
    }

    public static Span.Builder span(byte[] trace, byte[] id, byte[] parent, String name, Span.SpanKind kind, long start, long end) {
        return Span.newBuilder().setTraceId(ByteString.copyFrom(trace)).setSpanId(ByteString.copyFrom(id))
                .setParentSpanId(parent == null ? ByteString.EMPTY : ByteString.copyFrom(parent)).setName(name).setKind(kind)
                .setStartTimeUnixNano(start).setEndTimeUnixNano(end);
    }

    public static KeyValue text(String key, String value) {
        return KeyValue.newBuilder().setKey(key).setValue(AnyValue.newBuilder().setStringValue(value)).build();
    }

    public static KeyValue number(String key, long value) {
        return KeyValue.newBuilder().setKey(key).setValue(AnyValue.newBuilder().setIntValue(value)).build();
    }

    private synchronized void count(Key key, double seconds, String traceId, String spanId) {
        Counts one = counts.computeIfAbsent(key, _ -> new Counts());
        int i = 0;
        while (i < BOUNDS.length && seconds > BOUNDS[i]) {
            i++;
        }
        one.buckets[i]++;
        one.sum += seconds;
        one.exemplars[i] = " # {trace_id=\"%s\",span_id=\"%s\"} %s %.3f".formatted(traceId, spanId, seconds, Instant.now().toEpochMilli() / 1000.0);
    }

    private synchronized String metrics() {
        String family = "http_server_request_duration_seconds";
        var text = new StringBuilder("# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds " + started
                + "\n# TYPE " + family + " histogram\n");
        counts.forEach((key, one) -> {
            String labels = "http_request_method=\"%s\",http_response_status_code=\"%d\",http_route=\"%s\"".formatted(key.method, key.status, key.route);
            long total = 0;
            for (int i = 0; i < one.buckets.length; i++) {
                total += one.buckets[i];
                text.append("%s_bucket{%s,le=\"%s\"} %d%s\n".formatted(family, labels, i < BOUNDS.length ? BOUNDS[i] : "+Inf", total,
                        one.exemplars[i] == null ? "" : one.exemplars[i]));
            }
            text.append("%s_count{%s} %d\n%s_sum{%s} %s\n".formatted(family, labels, total, family, labels, one.sum));
        });
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
        client.close();
    }
}
