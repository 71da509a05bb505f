package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.log.Log;
import demo.log.LogSettings;
import demo.metrics.Metrics;
import demo.trace.Tracing;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Client errors: each response is an RFC 9457 document. */
@ResourceLock(SharedService.LOCK)
class ProblemsTest {
    private final Service service = SharedService.SERVICE;

    @ParameterizedTest
    @CsvSource({"/nowhere", "/menu/", "/menu-old", "/orders/", "/orders/a/b", "/metricsx", "/favicon.ico"})
    void anUnknownPathIs404(String path) throws Exception {
        assertProblem(404, "not_found", service.get(path));
    }

    @ParameterizedTest
    @CsvSource({"/menu, DELETE, 'GET, HEAD'", "/orders, GET, POST", "/orders/1, PUT, 'GET, HEAD'",
        "/payments, GET, POST", "/faults, DELETE, 'GET, HEAD, POST'", "/metrics, POST, 'GET, HEAD'"})
    void aMethodThatAPathDoesNotAllowIs405WithAllow(String path, String method, String allow) throws Exception {
        var response = service.send(service.request(path).method(method, BodyPublishers.noBody()));

        assertProblem(405, "method_not_allowed", response);
        assertEquals(allow, response.headers().firstValue("Allow").orElseThrow());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"item\": \"tea\",| line 1, column",
        "{\"item\": \"tea\" \"quantity\": 1}| line 1, column 16",
        "{\"item\": \"tea\", \"quantity\": 1} x| line 1, column",
        "{\"item\": \"tea\", \"item\": \"tea\"}| Duplicate",
        "''| the text is empty",
    })
    void aMalformedBodyIs400WithThePosition(String body, String detail) throws Exception {
        var response = service.post("/orders", body.equals("''") ? "" : body);

        assertProblem(400, "malformed_json", response);
        assertTrue(response.body().contains(detail.strip()), response.body());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"[1]", "\"tea\"", "1", "null", "true"})
    void jsonThatIsNotAnObjectHasItsOwnType(String body) throws Exception {
        assertProblem(400, "not_an_object", service.post("/orders", body));
        assertProblem(400, "not_an_object", service.post("/payments", body));
    }

    @Test
    void aCompressedBodyIs415() throws Exception {
        var compressed = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(compressed)) {
            gzip.write("{\"item\": \"tea\", \"quantity\": 1}".getBytes(StandardCharsets.UTF_8));
        }

        assertProblem(415, "unsupported_encoding", service.send(service.request("/orders")
                .header("Content-Encoding", "gzip").POST(BodyPublishers.ofByteArray(compressed.toByteArray()))));
    }

    @ParameterizedTest
    @CsvSource({"ff fe", "f6 b5 b5 b5", "ed a0 80", "c0 80"})
    void bytesThatAreNotUtf8Are400(String bytes) throws Exception {
        byte[] body = HexFormat.ofDelimiter(" ").parseHex("7b 22 " + bytes + " 22 3a 31 7d");

        var response = service.send(service.request("/orders").POST(BodyPublishers.ofByteArray(body)));

        assertProblem(400, "malformed_json", response);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"{}", "{\"item\": \"gold\", \"quantity\": 1}", "{\"item\": \"tea\"}",
        "{\"item\": \"tea\", \"quantity\": 0}", "{\"item\": \"tea\", \"quantity\": 21}",
        "{\"item\": \"tea\", \"quantity\": \"1\"}", "{\"item\": [\"tea\"], \"quantity\": 1}",
        "{\"item\": \"tea\", \"quantity\": 99999999999999999999}"})
    void anInvalidOrderIs400AndCounted(String body) throws Exception {
        assertProblem(400, "invalid_order", service.post("/orders", body));
        assertTrue(service.openMetrics().contains("orders_total{outcome=\"invalid\"}"));
    }

    @Test
    void aBodyThatIsTooLargeIs413WithOrWithoutItsLength() throws Exception {
        byte[] large = new byte[1_000_000];

        assertProblem(400, "not_an_object", service.post("/orders", " ".repeat(16 * 1024 - 2) + "[]"));
        assertProblem(413, "body_too_large", service.post("/orders", " ".repeat(16 * 1024 - 1) + "[]"));
        // Repeated, because the response could race with the close of the connection.
        for (int i = 0; i < 20; i++) {
            assertProblem(413, "body_too_large", service.send(service.request("/orders")
                    .POST(BodyPublishers.ofByteArray(large))));
            assertProblem(413, "body_too_large", service.send(service.request("/orders")
                    .POST(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(large)))));
        }
        assertEquals(200, service.get("/menu").statusCode());
    }

    @Test
    void anOrderAboveTheStockIs409WithItsTypeInTheLine() throws Exception {
        HttpResponse<String> response = null;
        for (int i = 0; i < 6 && (response == null || response.statusCode() != 409); i++) {
            response = service.post("/orders", "{\"item\": \"cheesecake\", \"quantity\": 9}");
        }

        assertProblem(409, "out_of_stock", response);
        assertEquals("out_of_stock", service.requests(Service.traceId(response)).get(0).get("error_type"));
    }

    @Test
    void anOrderThatFailsUnexpectedlyPutsTheStockBack() throws Exception {
        var log = Log.open(LogSettings.of(SharedService.FOLDER.resolve("other.log"), "api"));
        var metrics = new Metrics(new PrometheusRegistry());
        var tracing = new Tracing();
        var server = Server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        server.add(Routes.of(new HomePage(3000, SharedService.FOLDER), log, metrics, tracing, InstantSource.system(), 7,
                false, URI.create("http://x:99999"), () -> true), log, metrics, tracing);
        server.start();
        try (log; var client = HttpClient.newHttpClient()) {
            var order = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/orders"))
                    .POST(BodyPublishers.ofString("{\"item\": \"cheesecake\", \"quantity\": 12}")).build();
            for (int i = 0; i < 2; i++) {
                assertProblem(500, "internal_error", client.send(order, BodyHandlers.ofString()));
            }
        } finally {
            server.stop(Duration.ZERO);
        }
    }

    @Test
    void anUnknownOrderIs404() throws Exception {
        assertProblem(404, "not_found", service.get("/orders/0123456789abcdef"));
    }

    @Test
    void respondsToHeadAsToGetWithoutTheBody() throws Exception {
        var response = service.send(service.request("/menu").method("HEAD", BodyPublishers.noBody()));

        assertEquals(200, response.statusCode());
        assertEquals("", response.body());
    }

    @Test
    void theHomePagesPolicyAllowsOnlyItsOwnScript() throws Exception {
        var page = service.get("/");

        String policy = page.headers().firstValue("Content-Security-Policy").orElseThrow();
        String nonce = policy.replaceAll(".*script-src 'nonce-([0-9a-f]+)'.*", "$1");
        assertTrue(page.body().contains("<script nonce=\"" + nonce + "\">"));
        assertFalse(service.get("/").body().contains(nonce));
    }

    @Test
    void theHomePageNamesPocketAndTheLog() throws Exception {
        String page = service.get("/").body();

        assertTrue(page.contains("<a href=\"http://localhost:3456\">localhost:3456</a>"), page);
        assertTrue(page.contains("The log is <code>" + SharedService.FOLDER.resolve("app.log") + "</code>"), page);
    }

    @Test
    void acceptsFaultsOnlyFromItsOwnOrigin() throws Exception {
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
        assertTrue(sentFromReboundPage(on).startsWith("HTTP/1.1 403 Forbidden"));
        assertTrue(own.body().equals("{\"fault\":\"lock-contention\",\"on\":true}"), own.body());
        assertProblem(400, "invalid_fault", unknown);
        assertTrue(off.body().equals("{\"fault\":\"lock-contention\",\"on\":false}"), off.body());
    }

    /** A page whose host name was made to point to this machine (DNS rebinding). */
    private String sentFromReboundPage(String body) throws Exception {
        String host = "evil.example:" + service.port();
        return service.sendRaw("POST /faults HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host
                + "\r\nConnection: close\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }

    private static void assertProblem(int status, String type, HttpResponse<String> response) throws Exception {
        assertEquals(status, response.statusCode(), response.body());
        assertEquals("application/problem+json", response.headers().firstValue("Content-Type").orElseThrow());
        var document = Service.flat(response.body());
        assertEquals("urn:demo:problem:" + type, document.get("type"));
        assertEquals(status, document.get("status"));
        if (document.containsKey("trace_id")) {
            assertEquals(Service.traceId(response), document.get("trace_id"));
        }
    }
}
