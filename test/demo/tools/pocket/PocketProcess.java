package demo.tools.pocket;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Pocket as the launcher starts it: a process of its own, on free ports. */
public final class PocketProcess implements AutoCloseable {
    public final String url;
    public final int otlpPort;
    private final Process process;

    public PocketProcess(int servicePort, Path log) throws Exception {
        var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "@build/pocket.args");
        builder.environment().putAll(Map.of("HTTP_PORT", String.valueOf(servicePort), "LOG_FILE", log.toString(),
                "POCKET_PORT", "0", "POCKET_OTLP_PORT", "0"));
        process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String line = process.inputReader().readLine();
        if (line == null) {
            throw new IOException("Pocket ended with " + process.waitFor() + " before it listened");
        }
        url = line.substring(line.indexOf("http://"));
        Matcher port = Pattern.compile("127.0.0.1:(\\d+)/v1/traces").matcher(get("/api/status").body());
        otlpPort = port.find() ? Integer.parseInt(port.group(1)) : 0;
    }

    public HttpResponse<String> get(String path, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}
