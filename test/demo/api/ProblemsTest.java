package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import demo.log.Log;
import demo.log.LogSettings;
import demo.metrics.Metrics;
import demo.trace.Tracing;
import io.opentelemetry.api.OpenTelemetry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayInputStream;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Client errors and unpaid orders: each response is an RFC 9457 document. */
@ResourceLock(SharedService.LOCK)
class ProblemsTest {
    private final Service service = SharedService.SERVICE;

    /** The bodies are sent in ISO 8859-1, so that ÿ is not UTF-8. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET /nowhere     |                                    | 404 | not_found          | nothing at this path
            GET /menu-old    |                                    | 404 | not_found          | nothing at this path
            GET /orders/     |                                    | 404 | not_found          | nothing at this path
            GET /orders/a/b  |                                    | 404 | not_found          | nothing at this path
            GET /orders/0123 |                                    | 404 | not_found          | no order with this id
            DELETE /menu     |                                    | 405 | method_not_allowed | GET, HEAD.
            GET /orders      |                                    | 405 | method_not_allowed | POST.
            PUT /orders/1    |                                    | 405 | method_not_allowed | GET, HEAD.
            GET /payments    |                                    | 405 | method_not_allowed | POST.
            DELETE /faults   |                                    | 405 | method_not_allowed | GET, HEAD, POST.
            POST /orders     |                                    | 400 | malformed_json     | the text is empty
            POST /orders     | {"item": "tea" "quantity": 1}      | 400 | malformed_json     | line 1, column 16
            POST /orders     | {"ÿ": 1}                           | 400 | malformed_json     | not UTF-8
            POST /orders     | [1]                                | 400 | not_an_object      | must be a JSON object
            POST /orders     | null                               | 400 | not_an_object      | must be a JSON object
            POST /payments   | true                               | 400 | not_an_object      | must be a JSON object
            POST /payments   | {"amount_cents": 0}                | 400 | invalid_payment    | from 1 to 1000000
            POST /orders     | {}                                 | 400 | invalid_order      | "item"
            POST /orders     | {"item": "tea"}                    | 400 | invalid_order      | "quantity"
            POST /orders     | {"item": "gold", "quantity": 1}    | 400 | invalid_order      | "item"
            POST /orders     | {"item": "tea", "quantity": 0}     | 400 | invalid_order      | "quantity"
            POST /orders     | {"item": "tea", "quantity": 21}    | 400 | invalid_order      | "quantity"
            POST /orders     | {"item": "tea", "quantity": "1"}   | 400 | invalid_order      | "quantity"
            POST /orders     | {"item": ["tea"], "quantity": 1}   | 400 | invalid_order      | "item"
            POST /orders     | {"item": "tea", "quantity": 99999999999999999999} | 400 | invalid_order      | "quantity"
            POST /faults     | {"fault": "meteor", "on": true}    | 400 | invalid_fault      | no fault with this name
            """)
    void aClientErrorHasAProblemDocumentAndALine(String request, String body, int status, String type, String detail)
            throws Exception {
        String[] words = request.split(" ");
        String invalidOrders = "orders_total{outcome=\"invalid\"}";
        long before = service.count(invalidOrders);

        var response = service.send(service.request(words[1]).method(words[0], body == null ? BodyPublishers.noBody()
                : BodyPublishers.ofString(body, StandardCharsets.ISO_8859_1)));

        assertProblem(status, type, response);
        var document = Service.flat(response.body());
        assertTrue(document.get("detail").toString().contains(detail), response.body());
        assertEquals(Service.traceId(response), document.get("trace_id"));
        if (status == 405) {
            assertEquals(detail, response.headers().firstValue("Allow").orElseThrow() + ".");
        }
        var line = service.line(response);
        assertEquals("WARN client error " + type,
                line.get("level") + " " + line.get("message") + " " + line.get("error_type"));
        assertEquals(request.equals("POST /orders") ? 1 : 0, service.count(invalidOrders) - before);
    }

    @Test
    void aProblemOfAnUntracedPathHasNoTraceId() throws Exception {
        assertProblem(404, "not_found", service.get("/metricsx"));
        assertProblem(405, "method_not_allowed", service.post("/metrics", ""));
        assertFalse(service.post("/metrics", "").body().contains("trace_id"));
    }

    @Test
    void aCompressedBodyIs415() throws Exception {
        assertProblem(415, "unsupported_encoding", service.send(service.request("/orders")
                .header("Content-Encoding", "gzip").POST(BodyPublishers.ofString("{}"))));
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
                    .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large)))));
        }
        assertEquals(200, service.get("/menu").statusCode());
    }

    /** Two orders for the whole stock: the second one is out of stock only if the first one was paid. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            201 {"payment_id": "p"} | 201 | placed              | 409
            402 {}                  | 402 | card_declined       | 402
            500 {"payment_id": "p"} | 503 | payment_unavailable | 503
            201 {}                  | 503 | payment_unavailable | 503
            201 x                   | 503 | payment_unavailable | 503
            connection refused      | 503 | payment_unavailable | 503
            invalid URL             | 500 | internal_error      | 500
            """)
    void anOrderIsCountedByItsOutcomeAndPutsTheStockBackIfItIsNotPaid(String payment, int status, String outcome,
            int secondStatus) throws Exception {
        var provider = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        provider.createContext("/", exchange -> {
            byte[] body = payment.substring(4).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(Integer.parseInt(payment.substring(0, 3)), body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        provider.start();
        if (payment.equals("connection refused")) {
            provider.stop(0);
        }
        int port = payment.equals("invalid URL") ? 99_999 : provider.getAddress().getPort();
        var metrics = new Metrics(new PrometheusRegistry());
        var tracing = new Tracing(OpenTelemetry.noop());
        var server = Server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        try (var log = Log.open(LogSettings.of(SharedService.FOLDER.resolve("other.log"), "api"));
                var client = HttpClient.newHttpClient()) {
            server.add(Routes.of(new HomePage(3000, SharedService.FOLDER), log, metrics, tracing,
                    InstantSource.system(), 7, false, URI.create("http://127.0.0.1:" + port), () -> true), log, metrics,
                    tracing);
            server.start();
            URI url = URI.create("http://127.0.0.1:" + server.port());
            var order = HttpRequest.newBuilder(url.resolve("/orders"))
                    .POST(BodyPublishers.ofString("{\"item\": \"cheesecake\", \"quantity\": 12}")).build();

            assertEquals(status, client.send(order, BodyHandlers.discarding()).statusCode());
            assertEquals(secondStatus, client.send(order, BodyHandlers.discarding()).statusCode());
            var scrape = client.send(HttpRequest.newBuilder(url.resolve("/metrics")).build(), BodyHandlers.ofString());
            assertEquals(status == secondStatus ? 2 : 1,
                    Service.sum(scrape.body(), "orders_total\\{outcome=\"" + outcome + "\"}"));
            assertEquals(2, Service.sum(scrape.body(), "orders_total\\{.*}"));
        } finally {
            server.stop(Duration.ZERO);
            provider.stop(0);
        }
    }

    @Test
    void respondsToHeadAsToGetWithoutTheBody() throws Exception {
        var response = service.send(service.request("/menu").method("HEAD", BodyPublishers.noBody()));

        assertEquals(200, response.statusCode());
        assertEquals("", response.body());
        assertEquals(service.get("/menu").headers().firstValueAsLong("Content-Length"),
                response.headers().firstValueAsLong("Content-Length"));
    }

    @Test
    void theHomePageNamesPocketAndTheLogAndAllowsOnlyItsOwnScript() throws Exception {
        var page = service.get("/");

        assertTrue(page.body().contains("<a href=\"http://localhost:3456\">localhost:3456</a>"), page.body());
        assertTrue(page.body().contains("The log is <code>" + SharedService.FOLDER.resolve("app.log") + "</code>"));
        String policy = page.headers().firstValue("Content-Security-Policy").orElseThrow();
        String nonce = policy.replaceAll(".*script-src 'nonce-([0-9a-f]+)'.*", "$1");
        assertTrue(page.body().contains("<script nonce=\"" + nonce + "\">"));
        assertFalse(service.get("/").body().contains(nonce));
    }

    /** The last row is a page whose host name was made to point to this machine (DNS rebinding). */
    @ParameterizedTest
    @CsvSource({"localhost, http://localhost:PORT, 200", "127.0.0.1, http://127.0.0.1:PORT, 200",
        "127.0.0.1, http://elsewhere.example, 403", "127.0.0.1, not an origin, 403",
        "evil.example, http://evil.example:PORT, 403"})
    void acceptsFaultsOnlyFromItsOwnOrigin(String host, String origin, int status) throws Exception {
        String body = "{\"fault\":\"lock-contention\",\"on\":false}";

        String response = service.sendRaw(("POST /faults HTTP/1.1\r\nHost: " + host + ":PORT\r\nOrigin: " + origin
                + "\r\nConnection: close\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .replace("PORT", Integer.toString(service.port())));

        assertTrue(response.startsWith("HTTP/1.1 " + status), response);
        assertTrue(response.contains(status == 200 ? "\"on\":false" : "urn:demo:problem:foreign_origin"), response);
    }

    private static void assertProblem(int status, String type, HttpResponse<String> response) {
        assertEquals(status, response.statusCode(), response.body());
        assertEquals("application/problem+json", response.headers().firstValue("Content-Type").orElseThrow());
        var document = Service.flat(response.body());
        assertEquals("urn:demo:problem:" + type, document.get("type"));
        assertEquals(status, document.get("status"));
    }
}
