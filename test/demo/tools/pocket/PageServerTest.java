package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageServerTest {
    @TempDir
    private Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private FakeService service;
    private Pocket pocket;

    @BeforeEach
    void start() throws Exception {
        service = new FakeService(folder.resolve("app.log"), 0, new Random(1));
        pocket = new Pocket(service.metricsUri(), folder.resolve("app.log"), 0, 0);
    }

    @AfterEach
    void stop() {
        pocket.close();
        service.close();
        client.close();
    }

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + pocket.pagePort() + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** The answer's first line to a request as it stands, for headers that a client would not send. */
    private String raw(String request) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", pocket.pagePort())) {
            socket.getOutputStream().write(request.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII));
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII)).readLine();
        }
    }

    @Test
    void oneRequestIsADotALogLineAndATraceWithTheSameId() throws Exception {
        try (OpenPage events = new OpenPage()) {
            events.await("\"scrapes\":[1-9]");

            String trace = service.request(pocket.otlpPort(), "POST", "/orders", 201, 0.7, "order taken");

            events.await("\"lines\":1[,}]");
            events.await("\"series\":1[0-9][,}]");
            String second = String.valueOf(System.currentTimeMillis() / 1000 - 60);
            assertTrue(get("/api/metrics?step=60&steps=2&from=" + second).body().contains("\"trace\":\"" + trace + "\""));
            assertTrue(get("/api/logs?limit=9&word=" + trace).body().contains("order taken"));
            assertTrue(get("/api/trace?id=" + trace).body().contains("\"name\":\"POST /orders\""));
        }
    }

    /** An open page, as far as its events go. */
    private final class OpenPage implements AutoCloseable {
        private final HttpResponse<InputStream> response;
        private final BufferedReader lines;

        OpenPage() throws Exception {
            response = client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + pocket.pagePort() + "/api/events")).build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
        }

        void await(String pattern) throws Exception {
            String line;
            do {
                line = lines.readLine();
            } while (!Pattern.compile(pattern).matcher(line).find());
        }

        @Override
        public void close() throws IOException {
            lines.close();
        }
    }

    @Test
    void tellsTheBrowserToLoadNothingButItsOwn() throws Exception {
        var page = get("/");

        String policy = page.headers().firstValue("Content-Security-Policy").orElseThrow();
        assertTrue(policy.startsWith("default-src 'none'; script-src 'self'; style-src 'self';"), policy);
        assertEquals("nosniff", page.headers().firstValue("X-Content-Type-Options").orElseThrow());
        assertTrue(page.body().contains("<title>Pocket"));
        assertEquals("text/javascript; charset=utf-8", get("/pocket.js").headers().firstValue("Content-Type").orElseThrow());
        assertEquals("text/css; charset=utf-8", get("/pocket.css").headers().firstValue("Content-Type").orElseThrow());
    }

    @Test
    void answersOnlyToItsOwnNamesAndOrigin() throws Exception {
        assertTrue(raw("GET / HTTP/1.1\nHost: localhost:3000\n\n").contains("200"));
        assertTrue(raw("GET / HTTP/1.1\nHost: [::1]\n\n").contains("200"));
        assertTrue(raw("GET / HTTP/1.1\nHost: rebound.example:3000\n\n").contains("403"));
        assertTrue(raw("GET / HTTP/1.1\nHost: localhost.example\n\n").contains("403"));
        assertTrue(raw("GET / HTTP/1.0\n\n").contains("403"));
        assertTrue(raw("GET / HTTP/1.1\nHost: localhost:3000\nOrigin: http://localhost:3000\n\n").contains("200"));
        assertTrue(raw("GET / HTTP/1.1\nHost: localhost:3000\nOrigin: http://localhost:8000\n\n").contains("403"));
        assertTrue(raw("GET / HTTP/1.1\nHost: localhost:3000\nOrigin: null\n\n").contains("403"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/metrics?step=61&steps=1", "/api/metrics?step=x&steps=1", "/api/metrics?steps=100000", "/api/metrics?from=-9",
        "/api/logs?limit=1001", "/api/logs?limit=99999999999999999999", "/api/logs?word=%zz", "/api/traces?to=now", "/api/traces?limit=-1"})
    void saysWhatIsWrongWithAQuestion(String path) throws Exception {
        if (path.contains("%")) {
            assertTrue(raw("GET " + path + " HTTP/1.1\nHost: localhost\n\n").contains("400"));
            return;
        }
        var answer = get(path);

        assertEquals(400, answer.statusCode());
        assertTrue(answer.body().contains("must be"), answer.body());
    }

    @Test
    void hasNothingElse() throws Exception {
        assertEquals(404, get("/api/trace?id=4bf92f3577b34da6a3ce929d0e0e4736").statusCode());
        assertEquals(404, get("/api/trace?id=..%2f").statusCode());
        assertEquals(404, get("/Pocket.class").statusCode());
        assertEquals(404, get("/../index.html").statusCode());
        assertTrue(raw("POST / HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n").contains("405"));
    }

    @Test
    void takesNoMorePagesThanItSaysAndForgetsThoseThatLeft() throws Exception {
        List<OpenPage> pages = new ArrayList<>();
        for (int i = 0; i < PageServer.MAX_PAGES; i++) {
            pages.add(new OpenPage());
            assertEquals(200, pages.getLast().response.statusCode());
        }

        try (OpenPage more = new OpenPage()) {
            assertEquals(503, more.response.statusCode());
        }

        for (OpenPage page : pages) {
            page.close();
        }
        int status;
        do {
            try (OpenPage again = new OpenPage()) {
                status = again.response.statusCode();
            }
        } while (status == 503);
        assertEquals(200, status);
    }
}
