package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import demo.json.Json;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PageServerTest {
    @TempDir
    private static Path folder;

    private static FakeService service;
    private static Pocket pocket;
    private static String trace; // of an order that failed, in all three stores

    @BeforeAll
    static void start() throws Exception {
        service = new FakeService(folder.resolve("app.log"), 0);
        pocket = new Pocket(service.metricsUri(), folder.resolve("app.log"), 0, 0);
        while (json("/api/status").item(0).at("count").text().equals("0")) {
            Thread.sleep(10);
        }
        trace = service.request(pocket.otlpPort(), "POST", "/orders", 503, 0.7, "payment refused");
        while (!get("/api/metrics?seconds=60").body().contains(trace) || get("/api/logs").body().isEmpty()) {
            Thread.sleep(10);
        }
    }

    @AfterAll
    static void stop() {
        pocket.close();
        service.close();
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return PocketProcess.get(pocket.pagePort(), path);
    }

    private static Json json(String path) throws Exception {
        return Json.read(get(path).body());
    }

    /** Sends a raw request, for headers that HttpClient refuses to send, and returns the status line. */
    private static String raw(String request) throws Exception {
        try (Socket socket = PocketProcess.connection(pocket.pagePort(), request)) {
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                    .readLine();
        }
    }

    @Test
    void oneRequestIsADotALogLineAndATraceWithTheSameId() throws Exception {
        String line = get("/api/logs?level=ERROR&route=/orders&status=5xx&text=refused&trace=" + trace)
                .body();
        assertEquals("payment refused", Json.read(line).at("message").text());
        assertEquals("", get("/api/logs?status=4xx").body());
        assertEquals(trace, json("/api/traces?route=/payments&seconds=60").item(0).at("trace").text());
        assertEquals("POST /orders", json("/api/trace?id=" + trace).item(0).at("name").text());
        Json row = json("/api/routes?seconds=60").item(0);
        assertEquals("/orders 1", row.at("route").text() + " " + row.at("status5xx").text());
    }

    /** Runs each example of docs/pocket.md with bash, curl and jq. */
    @Test
    void everyExampleOfTheDocumentationWorks() throws Exception {
        assumeTrue(new ProcessBuilder("bash", "-c", "command -v jq curl").start().waitFor() == 0, "no jq or curl");
        List<String> examples = Pattern.compile("(?s)```bash\\n(.*?)```").matcher(Files.readString(
                Path.of("docs/pocket.md"))).results().map(found -> found.group(1)).toList();
        List<String> printed = new ArrayList<>();
        for (String example : examples) {
            var bash = new ProcessBuilder("bash", "-ec",
                    example.replace("localhost:3000", "127.0.0.1:" + pocket.pagePort()));
            bash.environment().put("no_proxy", "127.0.0.1");
            printed.add(new String(bash.redirectErrorStream(true).start().getInputStream().readAllBytes()).lines()
                    .findFirst().orElse(""));
        }

        String pattern = "[0-9a-f]{32} 0.7 s POST /orders\n0.7 s POST /orders\n2.*Z payment refused\n/orders .* s";
        assertTrue(String.join("\n", printed).matches(pattern), () -> String.join("\n", printed));
    }

    @Test
    void allowsTheBrowserToLoadOnlyItsOwnFiles() throws Exception {
        String policy = get("/").headers().firstValue("Content-Security-Policy").orElseThrow();

        assertTrue(policy.startsWith("default-src 'none'; script-src 'self'; style-src 'self';"), policy);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            200 | /         | Host: localhost:3000
            200 | /         | Host: [::1]
            403 | /         | Host: rebound.example:3000
            403 | /         | Host: localhost.example
            403 | /         | Host: localhost, Host: localhost
            200 | /         | Host: localhost:1, Origin: http://localhost:1
            403 | /         | Host: localhost:1, Origin: http://localhost:2
            403 | /         | Host: localhost:1, Origin: null
            200 | /         | Host: localhost, Sec-Fetch-Site: cross-site
            200 | /api/logs | Host: localhost, Sec-Fetch-Site: none
            200 | /api/logs | Host: localhost, Sec-Fetch-Site: same-origin
            403 | /api/logs | Host: localhost, Sec-Fetch-Site: same-site
            """)
    void respondsOnlyUnderItsOwnNamesAndToItsOwnPage(String status, String path, String headers) throws Exception {
        String response = raw("GET " + path + " HTTP/1.1\n" + headers.replace(", ", "\n") + "\n\n");

        assertTrue(response.contains(" " + status + " "), response);
    }

    @ParameterizedTest
    @ValueSource(strings = {"metrics?from=-9", "logs?limit=1001",
        "logs?status=500", "logs?limit=99999999999999999999", "traces?to=now", "traces?limit=0",
        "traces?seconds=0", "traces?order=typical", "logs?level=LOUD", "logs?text=LONG"})
    void saysWhichRuleAParameterBreaks(String path) throws Exception {
        var response = get("/api/" + path.replace("LONG", "x".repeat(101)));

        assertEquals(400, response.statusCode());
        assertTrue(response.body().contains("must"), response.body());
    }

    @Test
    void refusesOtherPathsAndMethodsButNoLongHeader() throws Exception {
        assertEquals(404, get("/api/trace?id=4bf92f3577b34da6a3ce929d0e0e4736").statusCode());
        assertEquals(404, get("/Pocket.class").statusCode());
        assertEquals(404, get("/../index.html").statusCode());
        assertTrue(raw("GET /api/logs?text=%zz HTTP/1.1\nHost: localhost\n\n").contains("400"));
        assertTrue(raw("GET / HTTP/1.1\nHost: localhost\nCookie: a=" + "x".repeat(20_000) + "\n\n").contains("200"),
                "a browser sends the cookies of every port of localhost");
        assertTrue(raw("POST / HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n").contains("400"));
    }
}
