package demo.api;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpServer;
import demo.log.Log;
import demo.metrics.Metrics;
import demo.trace.Tracing;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The JDK's HTTP server with the bounds that it does not set by itself, a virtual thread per request, every route
 * observed.
 *
 * <p>{@link #stop} refuses new connections at once and lets what is in flight finish.
 */
final class Server {
    private static final int HEADER_BYTES = 16 * 1024;
    private static final int HEADERS = 64;

    private final HttpServer server;
    private final ExecutorService requests;

    private Server(HttpServer server, ExecutorService requests) {
        this.server = server;
        this.requests = requests;
    }

    /** The JDK reads these once, when its first server is made, and from system properties only. */
    static void limit(int maxConnections, Duration timeout) {
        String seconds = Long.toString(Math.max(1, timeout.toSeconds()));
        System.setProperty("jdk.httpserver.maxConnections", Integer.toString(maxConnections));
        System.setProperty("sun.net.httpserver.maxReqTime", seconds);
        System.setProperty("sun.net.httpserver.maxRspTime", seconds);
        System.setProperty("sun.net.httpserver.timerMillis", "250");
        System.setProperty("sun.net.httpserver.idleInterval", seconds);
        System.setProperty("sun.net.httpserver.maxIdleConnections", Integer.toString(maxConnections));
        System.setProperty("sun.net.httpserver.maxReqHeaders", Integer.toString(HEADERS));
        System.setProperty("sun.net.httpserver.maxReqHeaderSize", Integer.toString(HEADER_BYTES));
        // An answer is one write; without this its second half would wait for the client's ACK (Nagle).
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    /** Takes the port; connections are answered once {@link #start} is called. */
    static Server bind(InetSocketAddress address) throws IOException {
        var requests = Executors.newVirtualThreadPerTaskExecutor();
        var server = HttpServer.create(address, 1024);
        server.setExecutor(requests);
        return new Server(server, requests);
    }

    int port() {
        return server.getAddress().getPort();
    }

    void start(List<Route> routes, Log log, Metrics metrics, Tracing tracing) {
        for (Route route : routes) {
            HttpContext context = server.createContext(route.contextPath());
            if (route.quiet()) {
                // The agent has put its filter into the context; without it, no span for scrapes and health checks.
                context.getFilters().clear();
            }
            context.setHandler(new Observed(route, log, metrics, tracing));
        }
        server.start();
    }

    /** Waits {@code patience} at the longest for the requests in flight. */
    void stop(Duration patience) {
        server.stop((int) patience.toSeconds());
        requests.shutdownNow();
    }
}
