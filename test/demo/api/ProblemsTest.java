package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What clients get wrong, and what is broken on purpose: each answer is an RFC 9457 document. */
class ProblemsTest {
    @TempDir
    static Path folder;

    static Service service;

    @BeforeAll
    static void start() throws Exception {
        service = Service.start(folder, Map.of("FAULTS", "on", "SEED", "7", "POCKET_PORT", "3456"));
    }

    @AfterAll
    static void stop() throws Exception {
        service.close();
    }

    @ParameterizedTest
    @CsvSource({"/nowhere", "/menu/", "/menu-old", "/orders/", "/orders/a/b", "/orders-old", "/metricsx", "/favicon.ico"})
    void aPathThatIsNotHereIs404(String path) throws Exception {
        assertProblem(404, "not_found", service.get(path));
    }

    @ParameterizedTest
    @CsvSource({"/menu, DELETE, 'GET, HEAD'", "/orders, GET, POST", "/orders/1, PUT, 'GET, HEAD'", "/payments, GET, POST",
        "/faults, DELETE, 'GET, HEAD, POST'", "/metrics, POST, 'GET, HEAD'"})
    void aMethodThatAPathDoesNotAnswerIs405WithAllow(String path, String method, String allow) throws Exception {
        var answer = service.send(service.request(path).method(method, BodyPublishers.noBody()));

        assertProblem(405, "method_not_allowed", answer);
        assertEquals(allow, answer.headers().firstValue("Allow").orElseThrow());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"item\": \"tea\",| line 1, column",
        "{\"item\": \"tea\" \"quantity\": 1}| line 1, column 16",
        "{\"item\": \"tea\", \"quantity\": 1} x| line 1, column",
        "{\"item\": \"tea\", \"item\": \"tea\"}| Duplicate",
        "''| the text is empty",
    })
    void aBodyThatIsNotTheJsonExpectedIs400WithThePosition(String body, String detail) throws Exception {
        var answer = service.post("/orders", body.equals("''") ? "" : body);

        assertProblem(400, "malformed_json", answer);
        assertTrue(answer.body().contains(detail.strip()), answer.body());
    }

    @ParameterizedTest
    @CsvSource({"ff fe", "f6 b5 b5 b5", "ed a0 80", "c0 80"})
    void bytesThatAreNoUtf8Are400(String bytes) throws Exception {
        byte[] body = HexFormat.ofDelimiter(" ").parseHex("7b 22 " + bytes + " 22 3a 31 7d");

        var answer = service.send(service.request("/orders").POST(BodyPublishers.ofByteArray(body)));

        assertProblem(400, "malformed_json", answer);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"{}", "{\"item\": \"gold\", \"quantity\": 1}", "{\"item\": \"tea\"}",
        "{\"item\": \"tea\", \"quantity\": 0}", "{\"item\": \"tea\", \"quantity\": 21}",
        "{\"item\": \"tea\", \"quantity\": \"1\"}", "{\"item\": [\"tea\"], \"quantity\": 1}",
        "{\"item\": \"tea\", \"quantity\": 99999999999999999999}"})
    void anOrderThatMakesNoSenseIs400AndCounted(String body) throws Exception {
        assertProblem(400, "invalid_order", service.post("/orders", body));
        assertTrue(service.openMetrics().contains("orders_total{outcome=\"invalid\"}"));
    }

    @Test
    void aBodyThatIsTooLargeIs413WithOrWithoutItsLength() throws Exception {
        byte[] large = new byte[1_000_000];

        // More than once: the answer must not race with the end of the connection.
        for (int i = 0; i < 20; i++) {
            assertProblem(413, "body_too_large", service.send(service.request("/orders")
                    .POST(BodyPublishers.ofByteArray(large))));
            assertProblem(413, "body_too_large", service.send(service.request("/orders")
                    .POST(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(large)))));
        }
        assertEquals(200, service.get("/menu").statusCode());
    }

    @Test
    void moreCheesecakeThanThereIsIs409AndTheSpansReasonIsInTheLine() throws Exception {
        HttpResponse<String> answer = null;
        for (int i = 0; i < 6 && (answer == null || answer.statusCode() != 409); i++) {
            answer = service.post("/orders", "{\"item\": \"cheesecake\", \"quantity\": 9}");
        }

        assertProblem(409, "out_of_stock", answer);
        assertEquals("out_of_stock", service.requests(Service.traceId(answer)).get(0).get("error_type"));
    }

    @Test
    void anOrderThatIsUnknownIs404() throws Exception {
        assertProblem(404, "not_found", service.get("/orders/0123456789abcdef"));
    }

    @Test
    void headIsAnsweredAsGetWithoutTheBody() throws Exception {
        var answer = service.send(service.request("/menu").method("HEAD", BodyPublishers.noBody()));

        assertEquals(200, answer.statusCode());
        assertEquals("", answer.body());
    }

    @Test
    void thePageForPeopleHasAPolicyThatLetsOnlyItsOwnScriptRun() throws Exception {
        var page = service.get("/");

        String policy = page.headers().firstValue("Content-Security-Policy").orElseThrow();
        String nonce = policy.replaceAll(".*script-src 'nonce-([0-9a-f]+)'.*", "$1");
        assertTrue(page.body().contains("<script nonce=\"" + nonce + "\">"));
        assertFalse(service.get("/").body().contains(nonce));
    }

    @Test
    void thePageForPeopleNamesWhereElseToLook() throws Exception {
        String page = service.get("/").body();

        assertTrue(page.contains("<a href=\"http://localhost:3456\">localhost:3456</a>"), page);
        assertTrue(page.contains("The log is <code>" + folder.resolve("app.log") + "</code>"), page);
    }

    @Test
    void faultsAreSwitchedByThePagesOwnOriginOnly() throws Exception {
        String on = "{\"fault\": \"lock-contention\", \"on\": true}";
        var foreign = service.send(service.request("/faults").header("Origin", "http://elsewhere.example")
                .POST(BodyPublishers.ofString(on)));
        var own = service.send(service.request("/faults").header("Origin", "http://127.0.0.1:" + service.port())
                .POST(BodyPublishers.ofString(on)));
        var unknown = service.post("/faults", "{\"fault\": \"meteor\", \"on\": true}");
        var off = service.post("/faults", "{\"fault\": \"lock-contention\", \"on\": false}");

        assertProblem(403, "foreign_origin", foreign);
        assertProblem(403, "foreign_origin", service.send(service.request("/faults").header("Origin", "not an origin")
                .POST(BodyPublishers.ofString(on))));
        assertEquals("HTTP/1.1 403 Forbidden", rebound("evil.example:" + service.port(), on));
        assertTrue(own.body().equals("{\"fault\":\"lock-contention\",\"on\":true}"), own.body());
        assertProblem(400, "invalid_fault", unknown);
        assertTrue(off.body().equals("{\"fault\":\"lock-contention\",\"on\":false}"), off.body());
    }

    /** As a browser asks that was told that another's name is this machine's; returns the first line of the answer. */
    private static String rebound(String host, String body) throws Exception {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
            socket.getOutputStream().write(("POST /faults HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host
                    + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII));
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII)).readLine();
        }
    }

    @Test
    void anErrorInsideIs500WithoutAWordOfTheInsideAndALineWithTheStack() throws Exception {
        String location = null;
        while (location == null) {
            location = service.post("/orders", "{\"item\": \"tea\", \"quantity\": 1}").headers().firstValue("Location")
                    .orElse(null);
        }
        service.post("/faults", "{\"fault\": \"error-burst\", \"on\": true}");

        HttpResponse<String> answer;
        do {
            answer = service.get(location);
        } while (answer.statusCode() == 200);
        service.post("/faults", "{\"fault\": \"error-burst\", \"on\": false}");

        assertProblem(500, "internal_error", answer);
        assertFalse(answer.body().contains("receipt"));
        var line = service.requests(Service.traceId(answer)).get(0);
        assertEquals("ERROR", line.get("level"));
        assertEquals("java.lang.IllegalStateException", line.get("error_type"));
        assertTrue(line.get("stack_trace").toString().contains("demo.api.OrderHandler.find"), line.toString());
    }

    @Test
    void aLogStormIsWritten() throws Exception {
        service.post("/faults", "{\"fault\": \"log-storm\", \"on\": true}");
        String traceId = Service.traceId(service.get("/menu"));
        service.post("/faults", "{\"fault\": \"log-storm\", \"on\": false}");

        assertEquals(201, service.lines().stream().filter(line -> traceId.equals(line.get("trace_id"))).count());
    }

    private static void assertProblem(int status, String type, HttpResponse<String> answer) throws Exception {
        assertEquals(status, answer.statusCode(), answer.body());
        assertEquals("application/problem+json", answer.headers().firstValue("Content-Type").orElseThrow());
        var document = Service.flat(answer.body());
        assertEquals("urn:demo:problem:" + type, document.get("type"));
        assertEquals(status, document.get("status"));
        if (document.containsKey("trace_id")) {
            assertEquals(Service.traceId(answer), document.get("trace_id"));
        }
    }
}
