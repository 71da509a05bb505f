package demo.tools.verify;

import demo.json.Json;
import demo.json.JsonException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * One service as verify reaches it: the base of its URLs, and the headers of each request (credentials, tenant).
 * Requests time out after 5 s.
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

    HttpResponse<String> post(String path, String body) throws IOException {
        return send(path, request(path).POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** The body of a 200; any other response is an IOException that quotes the response. */
    String text(String path) throws IOException {
        var response = send(path, request(path));
        int status = response.statusCode();
        if (status != 200) {
            throw new IOException(path.replaceFirst("\\?.*", "") + " responds " + status + ": " + head(response.body())
                    + (status == 401 || status == 403 ? "; check VERIFY_…_AUTH and VERIFY_…_TENANT" : ""));
        }
        return response.body();
    }

    Json json(String path) throws IOException {
        var text = text(path);
        try {
            return Json.read(text);
        } catch (JsonException e) {
            throw new IOException(path + " responds something that is not JSON: " + head(text), e);
        }
    }

    private HttpRequest.Builder request(String path) {
        var request = HttpRequest.newBuilder(URI.create(base.toString().replaceAll("/+$", "") + path)).timeout(TIMEOUT);
        headers.forEach(request::header);
        return request;
    }

    private HttpResponse<String> send(String path, HttpRequest.Builder request) throws IOException {
        try {
            return CLIENT.send(request.build(), BodyHandlers.ofString());
        } catch (ConnectException e) {
            var message = "nothing listens at " + base.getAuthority() + ": " + service + " is not running";
            throw (IOException) new ConnectException(message).initCause(e);
        } catch (IOException e) {
            throw new IOException(path + " fails: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** The first 160 characters as one line. */
    static String head(String text) {
        var line = text.strip().replaceAll("\\s+", " ");
        return line.length() <= 160 ? line : line.substring(0, 160) + "…";
    }
}
