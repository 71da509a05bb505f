package demo.tools.pocket;

import com.google.protobuf.MessageLite;
import demo.json.Json;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** Pocket in a separate process on free ports, and requests to Pocket. */
public final class PocketProcess implements AutoCloseable {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    public final int port;
    public final int otlpPort;
    public final Process process;

    public PocketProcess(int servicePort, Path log) throws Exception {
        process = start(Map.of("HTTP_PORT", String.valueOf(servicePort), "LOG_FILE", log.toString(),
                "POCKET_PORT", "0", "POCKET_OTLP_PORT", "0"));
        port = Integer.parseInt(process.inputReader().readLine().replaceFirst(".*:", ""));
        otlpPort = URI.create(Json.read(get(port, "/api/status").body()).item(2).at("from").text()).getPort();
    }

    /** Starts Pocket with less compilation than the launcher does, because a test is short. */
    static Process start(Map<String, String> environment) throws IOException {
        var builder = new ProcessBuilder(System.getProperty("java.home") + "/bin/java", "-XX:TieredStopAtLevel=1",
                "@build/pocket.args");
        builder.environment().putAll(environment);
        return builder.redirectErrorStream(true).start();
    }

    public static HttpResponse<String> get(int port, String path) throws Exception {
        return CLIENT.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** Sends spans; the status code of the response. */
    public static int post(int otlpPort, MessageLite message) throws Exception {
        return send(otlpPort, "POST", "/v1/traces", message.toByteArray()).statusCode();
    }

    static HttpResponse<String> send(int port, String method, String path, byte[] body, String... headers)
            throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
                .header("Content-Type", "application/x-protobuf");
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** A connection that has sent this text and reads nothing. */
    public static Socket connection(int port, String sent) throws IOException {
        var socket = new Socket("127.0.0.1", port);
        socket.getOutputStream().write(sent.replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    @Override
    public void close() {
        process.destroy();
    }
}
