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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The coffee shop's outside, on a real socket: a menu of two, orders 1, 2, 3, …; what it was asked is kept. */
class StandIn implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    final List<String> asked = new CopyOnWriteArrayList<>();
    final List<String> agents = new CopyOnWriteArrayList<>();

    StandIn() throws IOException {
        this(0);
    }

    StandIn(int port) throws IOException {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** Called before each answer. */
    void beforeAnswer(String request) throws IOException {
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            var request = exchange.getRequestMethod() + " " + exchange.getRequestURI() + (body.isEmpty() ? "" : " " + body);
            asked.add(request);
            agents.add(exchange.getRequestHeaders().getFirst("User-Agent"));
            beforeAnswer(request);
            if (request.equals("GET /menu")) {
                answer(exchange, 200, "{\"menu\":[{\"item\":\"espresso\",\"price_cents\":250},{\"item\":\"tea\",\"price_cents\":200}]}");
            } else if (request.matches("POST /orders \\{\"item\":\"(espresso|tea)\",\"quantity\":[1-4]}")) {
                exchange.getResponseHeaders().set("Location", "/orders/1");
                answer(exchange, 201, "{\"id\":\"1\"}");
            } else if (request.equals("GET /orders/1")) {
                answer(exchange, 200, "{\"id\":\"1\"}");
            } else {
                answer(exchange, request.startsWith("GET") ? 404 : 400, "{}");
            }
        }
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        var bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
