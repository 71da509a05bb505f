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
import org.junit.jupiter.api.function.Executable;

/** The service's HTTP interface on a real socket, with one order. It records the requests. */
final class FakeShop implements AutoCloseable {
    static final String ORDER = "POST /orders \\{\"item\":\"(?!petrol)[a-z ]+\",\"quantity\":[1-4]}";

    private final HttpServer server;
    final URI address;
    final List<String> requests = new CopyOnWriteArrayList<>();
    /** Runs before each response. An exception closes the connection instead. */
    volatile Executable beforeResponse = () -> { };

    FakeShop() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 500);
        server.setExecutor(Thread::startVirtualThread);
        server.createContext("/", this::handle);
        server.start();
        address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            var request = (exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + body).strip();
            requests.add(request);
            beforeResponse.execute();
            boolean placed = request.matches(ORDER);
            if (placed) {
                exchange.getResponseHeaders().set("Location", "/orders/1");
            }
            exchange.sendResponseHeaders(placed ? 201 : request.matches("GET /(menu|orders/1)") ? 200 : 400, -1);
        } catch (Throwable e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
