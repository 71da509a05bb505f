package demo.infra;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** The real Loki with the project's own configuration, but on a free port and with its bucket in a folder. */
public final class RealLoki implements AutoCloseable {
    private final Engines engines;
    private final String url;

    /** Starts Loki and returns when it is ready. {@code change} may change the configuration. */
    public RealLoki(Path folder, UnaryOperator<String> change) throws IOException {
        int port = Engines.port();
        url = "http://127.0.0.1:" + port;
        var config = Files.writeString(folder.resolve("loki.yaml"),
                change.apply(Stack.text(Stack.INFRA.resolve("loki/loki.yaml")))
                .replace("http_listen_port: 3100", "http_listen_port: " + port)
                .replace("grpc_listen_port: 9096", "grpc_listen_port: " + Engines.port())
                .replaceAll("(?s)      s3:\n.*?\n\n", "      filesystem: {dir: " + folder + "/chunks}\n\n")
                .replaceAll("(object_store|delete_request_store): s3", "$1: filesystem"));
        engines = new Engines(folder);
        engines.start("loki", Map.of("LISTEN_ADDRESS", "127.0.0.1", "LOKI_DATA", folder + "/loki"),
                List.of("loki", "-config.file=" + config, "-config.expand-env=true"));
        engines.awaitReady("loki", port, "/ready");
    }

    /** Sends a push request in OTLP/JSON. */
    public HttpResponse<String> push(String resourceLogs) throws IOException {
        return Stack.send(HttpRequest.newBuilder(URI.create(url + "/otlp/v1/logs"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"resourceLogs\":[" + resourceLogs + "]}")));
    }

    /** @param query pairs of name and value */
    public HttpResponse<String> get(String path, String... query) throws IOException {
        var uri = new StringBuilder(url + path);
        for (int i = 0; i < query.length; i += 2) {
            uri.append(i == 0 ? '?' : '&').append(query[i]).append('=')
                    .append(URLEncoder.encode(query[i + 1], StandardCharsets.UTF_8));
        }
        return Stack.get(uri.toString());
    }

    HttpResponse<String> post(String path) throws IOException {
        return Stack.send(HttpRequest.newBuilder(URI.create(url + path)).POST(BodyPublishers.noBody()));
    }

    @Override
    public void close() {
        engines.close();
    }
}
