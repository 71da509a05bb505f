package demo.browser;

import demo.json.Json;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The README's first command on free ports: the service with its agent, Pocket, and five visits a second. */
final class QuickStart implements AutoCloseable {
    final String api;
    final String pocket;
    private final Process launcher;
    private final HttpClient client = HttpClient.newHttpClient();

    QuickStart(Path folder) throws IOException {
        int page = freePort();
        int port = freePort();
        pocket = "http://localhost:" + page;
        api = "http://localhost:" + port;
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var builder = new ProcessBuilder(java, "Main.java");
        builder.environment().putAll(Map.of("HTTP_PORT", "" + port, "POCKET_PORT", "" + page, "FAULTS", "on",
                "POCKET_OTLP_PORT", "" + freePort(), "LOG_FILE", folder.resolve("app.log").toString(), "SEED", "7",
                "TRAFFIC_SEED", "7"));
        launcher = builder.redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** False while the service does not respond. */
    boolean slowPayments(boolean on) {
        try {
            send(HttpRequest.newBuilder(URI.create(api + "/faults"))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"fault\": \"slow-payments\", \"on\": " + on + "}"))
                    .build());
            return true;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The number of dots in Pocket for orders that took more than a second. */
    long slowOrders() {
        try {
            return Json.read(read("/api/metrics?route=/orders&seconds=55")).at("dots").items().stream()
                    .filter(dot -> Double.parseDouble(dot.at("seconds").text()) > 1).count();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** The response of Pocket's API. */
    String read(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(pocket + path)).build());
    }

    private String send(HttpRequest request) throws IOException, InterruptedException {
        return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    @Override
    public void close() {
        launcher.destroy();
        try {
            launcher.waitFor(20, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        client.close();
    }
}
