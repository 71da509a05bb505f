package demo.infra;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;

/** The real Loki with the project's own configuration, but on a free port and with its bucket in a folder. */
public final class RealLoki implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private final Process process;
    private final int port = freePort();
    private final Path output;

    /** Starts Loki and returns when it is ready. {@code change} may change the configuration. */
    public RealLoki(Path folder, UnaryOperator<String> change) throws IOException {
        output = folder.resolve("loki.output");
        var config = Files.writeString(folder.resolve("loki.yaml"),
                change.apply(Stack.text(Stack.INFRA.resolve("loki/loki.yaml")))
                .replace("http_listen_port: 3100", "http_listen_port: " + port)
                .replace("grpc_listen_port: 9096", "grpc_listen_port: " + freePort())
                .replaceAll("(?s)      s3:\n.*?\n\n", "      filesystem: {dir: " + folder + "/chunks}\n\n")
                .replaceAll("(object_store|delete_request_store): s3", "$1: filesystem"));
        var builder = new ProcessBuilder("loki", "-config.file=" + config, "-config.expand-env=true")
                .redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(Map.of("LISTEN_ADDRESS", "127.0.0.1", "LOKI_DATA", folder + "/loki"));
        process = builder.start();
        Stack.await("Loki is ready", PATIENCE, () -> {
            assertTrue(process.isAlive(), () -> "Loki has ended; its output: " + Stack.text(output));
            return get("/ready").statusCode() == 200;
        });
    }

    /** Sends a push request in OTLP/JSON. */
    public HttpResponse<String> push(String resourceLogs) throws IOException {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/otlp/v1/logs"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"resourceLogs\":[" + resourceLogs + "]}")));
    }

    /** @param query pairs of name and value */
    public HttpResponse<String> get(String path, String... query) throws IOException {
        var uri = new StringBuilder("http://127.0.0.1:" + port + path);
        for (int i = 0; i < query.length; i += 2) {
            uri.append(i == 0 ? '?' : '&').append(query[i]).append('=')
                    .append(URLEncoder.encode(query[i + 1], StandardCharsets.UTF_8));
        }
        return send(HttpRequest.newBuilder(URI.create(uri.toString())));
    }

    public HttpResponse<String> post(String path) throws IOException {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .POST(BodyPublishers.noBody()));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        try {
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new IllegalStateException("the test was interrupted", e);
        }
    }

    private static int freePort() {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
