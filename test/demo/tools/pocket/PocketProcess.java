package demo.tools.pocket;

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

/** Pocket in a separate process on free ports. */
public final class PocketProcess implements AutoCloseable {
    public final String url;
    public final int port;
    public final int otlpPort;
    public final Process process;
    private final HttpClient client = HttpClient.newHttpClient();

    public PocketProcess(int servicePort, Path log) throws Exception {
        var builder = builder();
        builder.environment().putAll(Map.of("HTTP_PORT", String.valueOf(servicePort), "LOG_FILE", log.toString(),
                "POCKET_PORT", "0", "POCKET_OTLP_PORT", "0"));
        process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String line = process.inputReader().readLine();
        if (line == null) {
            throw new IOException("Pocket ended with " + process.waitFor() + " before it listened");
        }
        url = line.substring(line.indexOf("http://"));
        port = URI.create(url).getPort();
        otlpPort = URI.create(Json.read(get("/api/status").body()).item(2).at("from").text()).getPort();
    }

    /** Starts Pocket with less compilation than the launcher does, because a test is short. */
    static ProcessBuilder builder() {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "@build/pocket.args");
    }

    public HttpResponse<String> get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(url + path)).build(),
                HttpResponse.BodyHandlers.ofString());
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
        client.close();
    }
}
