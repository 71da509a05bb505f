package demo.api;

import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** A real OTLP/HTTP endpoint that stores the spans it receives. */
public final class OtlpReceiver implements AutoCloseable {
    private final HttpServer server;
    private final List<ResourceSpans> received = new CopyOnWriteArrayList<>();
    private volatile int status = 200;
    private volatile Duration delay = Duration.ZERO;

    public OtlpReceiver() throws IOException {
        this(0);
    }

    public OtlpReceiver(int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/v1/traces", exchange -> {
            try (exchange) {
                var request = ExportTraceServiceRequest.parseFrom(exchange.getRequestBody());
                if (status == 200) {
                    received.addAll(request.getResourceSpansList());
                }
                LockSupport.parkNanos(delay.toNanos());
                exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
                exchange.sendResponseHeaders(status, -1); // the message without fields has no bytes
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
        return received.stream().flatMap(spans -> spans.getResource().getAttributesList().stream())
                .filter(attribute -> attribute.getKey().equals("service.name"))
                .map(name -> name.getValue().getStringValue()).collect(Collectors.toSet());
    }

    /** Waits until the trace has this number of spans; fails after 15 s. */
    public List<Span> trace(String traceId, int spans) throws InterruptedException {
        long deadline = System.nanoTime() + 15_000_000_000L;
        while (true) {
            var trace = all().stream().filter(span -> hex(span.getTraceId()).equals(traceId)).toList();
            if (trace.size() == spans) {
                return trace;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("expected " + spans + " spans, found " + trace);
            }
            Thread.sleep(10);
        }
    }

    public List<Span> all() {
        return received.stream().flatMap(spans -> spans.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream()).toList();
    }

    static String hex(com.google.protobuf.ByteString id) {
        return HexFormat.of().formatHex(id.toByteArray());
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
