package demo.bench;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;

/** An OTLP/HTTP endpoint that accepts every batch of spans and discards it. */
final class Sink implements AutoCloseable {
    private final HttpServer server;

    Sink() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/traces", exchange -> {
            try (exchange; InputStream body = exchange.getRequestBody()) {
                body.transferTo(OutputStream.nullOutputStream());
                exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
                exchange.sendResponseHeaders(200, -1);
            }
        });
        server.start();
    }

    /** The environment in which a server exports its spans to this sink. */
    Map<String, String> environment() {
        return environment(server.getAddress().getPort());
    }

    static Map<String, String> environment(int otlpPort) {
        return Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + otlpPort,
                "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
