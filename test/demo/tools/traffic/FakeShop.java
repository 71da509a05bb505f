package demo.tools.traffic;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The service's HTTP interface on a real socket: a menu of two items, one order. It records the requests. */
class FakeShop implements AutoCloseable {
    private static final String MENU = """
            {"menu":[{"item":"espresso","price_cents":250},{"item":"tea","price_cents":200}]}""";

    private final HttpServer server;
    final List<String> requests = new CopyOnWriteArrayList<>();

    FakeShop() throws IOException {
        this(0);
    }

    FakeShop(int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
        server.setExecutor(Thread::startVirtualThread);
        server.createContext("/", this::handle);
        server.start();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** Runs before each response. */
    void beforeResponse() throws InterruptedException {
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            var request = (exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + body).strip();
            requests.add(request);
            beforeResponse();
            if (request.equals("GET /menu")) {
                respond(exchange, 200, MENU);
            } else if (request.matches("POST /orders \\{\"item\":\"(espresso|tea)\",\"quantity\":[1-4]}")) {
                exchange.getResponseHeaders().set("Location", "/orders/1");
                respond(exchange, 201, "{\"id\":\"1\"}");
            } else if (request.equals("GET /orders/1")) {
                respond(exchange, 200, "{\"id\":\"1\"}");
            } else {
                respond(exchange, request.startsWith("GET") ? 404 : 400, "{}");
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static void respond(HttpExchange exchange, int status, String json) throws IOException {
        var bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
