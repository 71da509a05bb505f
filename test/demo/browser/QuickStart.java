package demo.browser;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** The README's first command on free ports: the service with its agent, Pocket, and five visits a second. */
final class QuickStart implements AutoCloseable {
    private static final Pattern SLOW_ORDER =
            Pattern.compile("\"route\":\"/orders\",\"seconds\":[1-9]\\.\\d+,\"status\":\"201\"");

    final String api;
    final String pocket;
    private final Process launcher;
    private final HttpClient client = HttpClient.newHttpClient();

    QuickStart(Path folder) throws IOException {
        int page = freePort();
        int port = freePort();
        pocket = "http://localhost:" + page;
        api = "http://localhost:" + port;
        var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "Main.java");
        builder.environment().putAll(Map.of("HTTP_PORT", "" + port, "POCKET_PORT", "" + page, "FAULTS", "on",
                "POCKET_OTLP_PORT", "" + freePort(), "LOG_FILE", folder.resolve("app.log").toString(), "SEED", "7", "TRAFFIC_SEED", "7"));
        launcher = builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** False where the service does not answer yet. */
    boolean slowPayments(boolean on) {
        try {
            send(HttpRequest.newBuilder(URI.create(api + "/faults"))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"fault\": \"slow-payments\", \"on\": " + on + "}")).build());
            return true;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** How many orders that took over a second have a dot in Pocket. */
    long slowOrders() {
        try {
            long now = System.currentTimeMillis() / 1000;
            return SLOW_ORDER.matcher(send(HttpRequest.newBuilder(
                    URI.create(pocket + "/api/metrics?route=/orders&step=1&steps=60&from=" + (now - 55))).build())).results().count();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
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
