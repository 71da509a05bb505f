package demo.tools.pocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The JDK's HTTP server on 127.0.0.1, with bounds, for programs of this machine and for Pocket's own page.
 *
 * <p>A web site in another tab can make the browser send requests to this server: from its own origin, or under its
 * own host name (DNS rebinding). Such a request gets status 403. The response headers allow the page to load its own
 * files and nothing else.
 *
 * <p>A limited number of requests is handled at once, each on a virtual thread. When none of them has ended for
 * {@value #STALLED_MILLIS} ms while another waits, all of them are interrupted, which closes their connections: a
 * client that sends or reads slowly cannot block others. Idle connections are closed after {@value #IDLE_SECONDS} s.
 */
final class LocalServer implements AutoCloseable {
    private static final int STALLED_MILLIS = 500;
    private static final int IDLE_SECONDS = 5;
    private static final int CHUNK = 16_384;
    private static final Map<String, String> RESPONSE_HEADERS = Map.of(
            "Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                    + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                    + "require-trusted-types-for 'script'",
            "X-Content-Type-Options", "nosniff", "Referrer-Policy", "no-referrer", "Cache-Control", "no-store",
            "Cross-Origin-Resource-Policy", "same-origin");

    static {
        // The JDK reads these once, when the first server of the process is created.
        Map.of("sun.net.httpserver.nodelay", "true", // otherwise a second small packet waits 40 ms
                "jdk.httpserver.maxConnections", "1000",
                "sun.net.httpserver.maxIdleConnections", "64", // with buffers: between two requests
                "sun.net.httpserver.idleInterval", String.valueOf(IDLE_SECONDS),
                "sun.net.httpserver.clockTick", "500", // ms between two checks for idle connections
                "sun.net.httpserver.maxReqTime", "20", // s
                "sun.net.httpserver.maxRspTime", "30", // s
                "sun.net.httpserver.maxReqHeaderSize", "65536" // bytes: every port of localhost gets all its cookies
        ).forEach(System::setProperty);
    }

    private final HttpServer server;
    private final LinkedBlockingQueue<Thread> running; // one thread per request; full when no more may run

    /** Listens; port 0 takes a free port. An IOException's message is for the user. */
    LocalServer(int port, Object portSetting, int maxRequests, HttpHandler handler) throws IOException {
        running = new LinkedBlockingQueue<>(maxRequests);
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 256);
        } catch (BindException _) {
            throw new IOException("cannot listen on 127.0.0.1:" + port + ": address already in use; stop the other "
                    + "program or set " + portSetting + " to a free port");
        }
        server.setExecutor(request -> Thread.startVirtualThread(() -> run(request)));
        server.createContext("/", exchange -> {
            try (exchange) {
                RESPONSE_HEADERS.forEach(exchange.getResponseHeaders()::set);
                if (isLocal(exchange.getRequestHeaders(), exchange.getRequestURI().getPath())) {
                    handler.handle(exchange);
                } else {
                    respond(exchange, 403, "text/plain", "only pages of this server may read it\n".getBytes(UTF_8));
                }
            }
        });
        server.start();
    }

    private void run(Runnable request) {
        try {
            synchronized (this) { // one thread waits for a free slot, the others for the lock
                while (!running.offer(Thread.currentThread(), STALLED_MILLIS, MILLISECONDS)) {
                    running.forEach(Thread::interrupt);
                }
            }
            request.run();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            running.remove(Thread.currentThread());
        }
    }

    /** Another site may link to {@code /} only. A program that is not a browser sends no such header. */
    private static boolean isLocal(Headers headers, String path) {
        List<String> hosts = headers.getOrDefault("Host", List.of());
        return hosts.size() == 1 && hosts.getFirst().matches("(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d{1,5})?")
                && headers.getOrDefault("Origin", List.of()).stream().allMatch(("http://" + hosts.getFirst())::equals)
                && (path.equals("/") || headers.getOrDefault("Sec-Fetch-Site", List.of()).stream()
                        .allMatch(site -> site.equals("same-origin") || site.equals("none")));
    }

    static void respond(HttpExchange exchange, int status, String contentType, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", contentType);
        if (exchange.getRequestMethod().equals("HEAD")) {
            body = new byte[0]; // the JDK's server prints a warning for a response to HEAD that has a length
        }
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        for (int sent = 0; sent < body.length; sent += CHUNK) { // the JDK's server copies what one call writes
            exchange.getResponseBody().write(body, sent, Math.min(CHUNK, body.length - sent));
        }
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** Waits at most a second for the requests in flight. */
    @Override
    public void close() {
        server.stop(1);
    }
}
