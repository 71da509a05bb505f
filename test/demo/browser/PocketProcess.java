package demo.browser;

import com.fasterxml.jackson.core.JsonFactory;
import demo.pocket.Pocket;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Pocket as the launcher starts it: a process of its own, on free ports. */
final class PocketProcess implements AutoCloseable {
    final String url;
    final int otlpPort;
    private final Process process;

    PocketProcess(int servicePort, Path log) throws Exception {
        var builder = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx80m", "-Xmn16m", "-cp",
                place(Pocket.class) + File.pathSeparator + place(JsonFactory.class), Pocket.class.getName()));
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

    /** The folder or jar that a class came from. */
    private static String place(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    }

    HttpResponse<String> get(String path, String... headers) throws Exception {
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
