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
import java.util.concurrent.TimeUnit;

/**
 * The JDK's HTTP server with limits, one virtual thread per request, and a {@link RequestObserver} around each route.
 *
 * <p>{@link #stop} refuses new connections at once and lets requests in flight finish.
 */
record Server(HttpServer server, ExecutorService requests) {
    /** All local web pages share the cookies of localhost, so real requests can have 20 KB of them. */
    private static final int MAX_HEADER_BYTES = 64 * 1024;
    private static final int MAX_HEADERS = 200;

    /** Call this before {@link #listen}: the JDK reads these system properties when it creates its first server. */
    static void limit(int maxConnections, Duration timeout) {
        String seconds = Long.toString(Math.max(1, timeout.toSeconds()));
        System.setProperty("jdk.httpserver.maxConnections", Integer.toString(maxConnections));
        System.setProperty("sun.net.httpserver.maxReqTime", seconds);
        System.setProperty("sun.net.httpserver.maxRspTime", seconds);
        System.setProperty("sun.net.httpserver.timerMillis", "250"); // how often the server checks these limits
        System.setProperty("sun.net.httpserver.idleInterval", seconds);
        System.setProperty("sun.net.httpserver.maxIdleConnections", Integer.toString(maxConnections));
        // If a request exceeds one of these two limits, the JDK closes the connection without a response.
        System.setProperty("sun.net.httpserver.maxReqHeaders", Integer.toString(MAX_HEADERS));
        System.setProperty("sun.net.httpserver.maxReqHeaderSize", Integer.toString(MAX_HEADER_BYTES));
        // Otherwise a response's second packet waits for the client's ACK (Nagle's algorithm).
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    /** Binds the port. Connections wait until {@link #start}. */
    static Server listen(InetSocketAddress address) throws IOException {
        var requests = Executors.newVirtualThreadPerTaskExecutor();
        var server = HttpServer.create(address, 1024);
        server.setExecutor(requests);
        return new Server(server, requests);
    }

    int port() {
        return server.getAddress().getPort();
    }

    void add(List<Route> routes, Log log, Metrics metrics, Tracing tracing) {
        for (Route route : routes) {
            HttpContext context = server.createContext(route.contextPath());
            if (route.untraced()) {
                context.getFilters().clear(); // removes the agent's filter, which would start a span
            }
            context.setHandler(new RequestObserver(route, log, metrics, tracing));
        }
    }

    void start() {
        server.start();
    }

    /** Waits at most {@code timeout} for the requests in flight, then interrupts them so that they write their lines. */
    void stop(Duration timeout) {
        server.stop((int) timeout.toSeconds());
        requests.shutdownNow();
        try {
            requests.awaitTermination(200, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
