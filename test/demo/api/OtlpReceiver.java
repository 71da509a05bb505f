package demo.api;

import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;

/** A real OTLP/HTTP endpoint that stores the spans it receives. */
public final class OtlpReceiver implements AutoCloseable {
    private final HttpServer server;
    private final List<Span> spans = new ArrayList<>(); // guarded by itself
    private final Set<String> services = ConcurrentHashMap.newKeySet();
    private volatile int status = 200;
    private volatile Duration delay = Duration.ZERO;

    public OtlpReceiver() throws IOException {
        this(0);
    }

    public OtlpReceiver(int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/v1/traces", exchange -> {
            try (exchange) {
                InputStream body = exchange.getRequestBody();
                if ("gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"))) {
                    body = new GZIPInputStream(body);
                }
                var request = ExportTraceServiceRequest.parseFrom(body);
                if (status == 200) {
                    synchronized (spans) {
                        request.getResourceSpansList().forEach(resource -> {
                            resource.getResource().getAttributesList().stream()
                                    .filter(attribute -> attribute.getKey().equals("service.name"))
                                    .forEach(name -> services.add(name.getValue().getStringValue()));
                            resource.getScopeSpansList().forEach(scope -> spans.addAll(scope.getSpansList()));
                        });
                        spans.notifyAll();
                    }
                }
                LockSupport.parkNanos(delay.toNanos());
                byte[] response = ExportTraceServiceResponse.getDefaultInstance().toByteArray();
                exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
                exchange.sendResponseHeaders(status, response.length == 0 ? -1 : response.length);
                exchange.getResponseBody().write(response);
            }
        });
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public String endpoint() {
        return "http://127.0.0.1:" + port();
    }

    /** Sets the status of the next responses. */
    public void respondWith(int newStatus) {
        status = newStatus;
    }

    /** Delays the next responses. */
    public void delays(Duration newDelay) {
        delay = newDelay;
    }

    /** The names of the services that sent spans. */
    Set<String> services() {
        return services;
    }

    /** Waits until the trace is complete; fails after 15 s. */
    public List<Span> trace(String traceId, Predicate<List<Span>> complete) throws InterruptedException {
        long deadline = System.nanoTime() + 15_000_000_000L;
        synchronized (spans) {
            while (true) {
                var trace = spans.stream().filter(span -> hex(span.getTraceId()).equals(traceId)).toList();
                if (complete.test(trace)) {
                    return trace;
                }
                long leftMillis = (deadline - System.nanoTime()) / 1_000_000;
                if (leftMillis <= 0) {
                    throw new AssertionError("trace " + traceId + " has only " + trace);
                }
                spans.wait(leftMillis);
            }
        }
    }

    public List<Span> all() {
        synchronized (spans) {
            return List.copyOf(spans);
        }
    }

    static String hex(com.google.protobuf.ByteString id) {
        return HexFormat.of().formatHex(id.toByteArray());
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
