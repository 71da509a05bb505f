package demo.tools.verify;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Asks other programs over HTTP; 5 s are enough for each answer. Any thread may ask. */
final class Http implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).version(HttpClient.Version.HTTP_1_1).build();

    /** The body of a 200 to a GET; anything else is an exception that says what came. {@code headers}: name, value, … */
    String get(URI uri, String... headers) throws IOException {
        var response = send(request(uri, headers));
        if (response.statusCode() != 200) {
            throw new IOException(uri.getPath() + " answers " + response.statusCode() + ": " + head(response.body()));
        }
        return response.body();
    }

    Json json(URI uri, String... headers) throws IOException {
        return Json.parse(get(uri, headers));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        var built = request.timeout(TIMEOUT).header("User-Agent", "demo-verify").build();
        try {
            return client.send(built, HttpResponse.BodyHandlers.ofString());
        } catch (ConnectException e) {
            var refused = new ConnectException("nothing answers at " + built.uri().getAuthority());
            refused.initCause(e);
            throw refused;
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a check", e);
        }
    }

    static HttpRequest.Builder request(URI uri, String... headers) {
        var request = HttpRequest.newBuilder(uri);
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return request;
    }

    /** {@code base} + {@code path} + {@code ?name=value&…}; {@code query}: name, value, … */
    static URI uri(URI base, String path, String... query) {
        var uri = new StringBuilder(base.toString().replaceAll("/$", "")).append(path);
        for (int i = 0; i < query.length; i += 2) {
            uri.append(i == 0 ? '?' : '&').append(query[i]).append('=')
                    .append(URLEncoder.encode(query[i + 1], StandardCharsets.UTF_8));
        }
        return URI.create(uri.toString());
    }

    static String head(String text) {
        var line = text.strip().replaceAll("\\s+", " ");
        return line.length() <= 160 ? line : line.substring(0, 160) + "…";
    }

    @Override
    public void close() {
        client.close();
    }
}
