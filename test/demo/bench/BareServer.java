package demo.bench;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/** The baseline: the JDK's server, a virtual thread per request, the menu as bytes, no telemetry. */
public final class BareServer {
    private static final byte[] MENU = """
            {"menu":[{"item":"espresso","price_cents":250},{"item":"filter","price_cents":300},\
            {"item":"cappuccino","price_cents":380},{"item":"flat white","price_cents":400},\
            {"item":"tea","price_cents":280},{"item":"croissant","price_cents":320},\
            {"item":"cheesecake","price_cents":480},{"item":"sandwich","price_cents":650}]}"""
            .getBytes(StandardCharsets.UTF_8);

    private BareServer() {
    }

    /** The command line, with the service's garbage collector and heap. */
    static ProgramCommand command() {
        return ProgramCommand.of(BareServer.class, System.getProperty("java.class.path"))
                .with("-XX:+UseSerialGC", "-Xms256m", "-Xmn160m", "-Xmx512m");
    }

    public static void main(String[] args) throws Exception {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 1024);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/menu", exchange -> {
            try (exchange) {
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, MENU.length);
                exchange.getResponseBody().write(MENU);
            }
        });
        server.start();
        System.out.println("API at http://localhost:" + server.getAddress().getPort() + ", bare");
    }
}
