package demo.tools.verify;

import demo.json.Json;
import demo.json.JsonException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * One service as verify reaches it: the base of its URLs, and the headers of each request (credentials, tenant).
 * Requests time out after 5 s. Any thread may call.
 *
 * @param service the name that {@code just logs} and {@code --skip} know
 */
record Endpoint(String service, URI base, Map<String, String> headers) {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).version(HttpClient.Version.HTTP_1_1).build();

    Endpoint with(String header, String value) {
        var more = new HashMap<>(headers);
        more.put(header, value);
        return new Endpoint(service, base, more);
    }

    /** The server without the path of its API: {@code /metrics} and {@code /flush} are there. */
    Endpoint root() {
        return new Endpoint(service, base.resolve("/"), headers);
    }

    /** {@code query} is name, value, name, value, … */
    HttpResponse<String> get(String path, String... query) throws IOException {
        return send(path, HttpRequest.newBuilder(uri(path, query)));
    }

    HttpResponse<String> post(String path, String body) throws IOException {
        return send(path, HttpRequest.newBuilder(uri(path)).POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** The body of a 200; any other response is an IOException that quotes the response. */
    String text(String path, String... query) throws IOException {
        var response = get(path, query);
        if (response.statusCode() != 200) {
            throw new IOException(path + " responds " + response.statusCode() + ": " + head(response.body()));
        }
        return response.body();
    }

    Json json(String path, String... query) throws IOException {
        var text = text(path, query);
        try {
            return Json.read(text);
        } catch (JsonException e) {
            throw new IOException(path + " responds something that is not JSON: " + head(text), e);
        }
    }

    private HttpResponse<String> send(String path, HttpRequest.Builder request) throws IOException {
        headers.forEach(request::header);
        try {
            return CLIENT.send(request.timeout(TIMEOUT).build(), BodyHandlers.ofString());
        } catch (ConnectException e) {
            var message = "nothing listens at " + base.getAuthority() + ": " + service + " is not running";
            throw (IOException) new ConnectException(message).initCause(e);
        } catch (IOException e) {
            throw new IOException(path + " fails: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    private URI uri(String path, String... query) {
        var uri = new StringBuilder(base.toString().replaceAll("/+$", "")).append(path);
        for (int i = 0; i < query.length; i += 2) {
            uri.append(i == 0 ? '?' : '&').append(query[i]).append('=')
                    .append(URLEncoder.encode(query[i + 1], StandardCharsets.UTF_8));
        }
        return URI.create(uri.toString());
    }

    /** The first 160 characters as one line. */
    static String head(String text) {
        var line = text.strip().replaceAll("\\s+", " ");
        return line.length() <= 160 ? line : line.substring(0, 160) + "…";
    }
}
