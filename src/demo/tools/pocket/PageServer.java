package demo.tools.pocket;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.jr.ob.JSON;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Serves the page and the questions it asks; Grafana does this job in the full stack.
 *
 * <p>Each answer is the stores' state of that moment, so a page that slept or lost its connection misses nothing. A bad
 * parameter is answered 400 with the rule it breaks, an unknown path or trace 404. Any thread may call.
 *
 * <pre>
 * /                  the page             /api/metrics?from&step&steps&route
 * /pocket.js .css .svg                    /api/logs?word&word…&from&to&limit
 * /api/status        how it goes          /api/traces?from&to&route&order&limit
 * /api/events        the same, live       /api/trace?id
 * </pre>
 */
final class PageServer implements HttpHandler {
    /** Pages that may listen at once; the next gets 503. */
    static final int MAX_PAGES = 16;
    /** Then an event stream ends and its browser opens another; the server's limit for an answer ends a stuck one. */
    static final int STREAM_SECONDS = 60;
    private static final int EVENT_MILLIS = 500;
    private static final long YEAR_6325 = 1L << 37; // in epoch seconds
    private static final Map<String, String> FILES = Map.of("/index.html", "text/html", "/pocket.css", "text/css",
            "/pocket.js", "text/javascript", "/charts.js", "text/javascript", "/pocket.svg", "image/svg+xml");

    private final MetricStore metrics;
    private final LogStore logs;
    private final TraceStore traces;
    private final Supplier<?> status;
    private final Semaphore pages = new Semaphore(MAX_PAGES);

    PageServer(MetricStore metrics, LogStore logs, TraceStore traces, Supplier<?> status) {
        this.metrics = metrics;
        this.logs = logs;
        this.traces = traces;
        this.status = status;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath().replaceFirst("^/$", "/index.html");
            if (!exchange.getRequestMethod().equals("GET")) {
                exchange.getResponseHeaders().set("Allow", "GET");
                send(exchange, 405, "text/plain", "method must be GET".getBytes(UTF_8));
            } else if (path.equals("/api/events")) {
                events(exchange);
            } else if (FILES.containsKey(path)) {
                try (InputStream file = getClass().getResourceAsStream(path.substring(1))) {
                    send(exchange, 200, FILES.get(path), file.readAllBytes());
                }
            } else {
                try {
                    Object answer = answer(path, new Query(exchange.getRequestURI().getRawQuery()));
                    send(exchange, answer == null ? 404 : 200, "application/json", JSON.std.asBytes(answer));
                } catch (IllegalArgumentException e) { // a bad parameter: before anything was sent
                    send(exchange, 400, "text/plain", e.getMessage().getBytes(UTF_8));
                }
            }
        }
    }

    private Object answer(String path, Query query) throws IOException {
        long from = query.number("from", 0, YEAR_6325);
        long to = query.number("to", 0, YEAR_6325);
        int limit = (int) query.number("limit", 1, 1_000);
        return switch (path) {
            case "/api/status" -> status.get();
            case "/api/metrics" -> metrics.read(from, (int) query.number("step", 1, 60),
                    (int) query.number("steps", 1, MetricStore.SECONDS), query.text("route"));
            case "/api/logs" -> logs.find(query.texts("word"), from, to, limit);
            case "/api/traces" -> traces.find(from, to, query.text("route"), query.text("order"), limit);
            case "/api/trace" -> traces.trace(query.text("id"));
            default -> null;
        };
    }

    /** Tells a page how it goes; what it wants to see of that it asks for, so that nothing queues up here. */
    private void events(HttpExchange exchange) throws IOException {
        if (!pages.tryAcquire()) {
            exchange.sendResponseHeaders(503, -1);
            return;
        }
        try {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            for (int left = STREAM_SECONDS * 1_000 / EVENT_MILLIS; left > 0; left--) {
                String event = "retry: 200\ndata: " + JSON.std.asString(status.get()) + "\n\n";
                exchange.getResponseBody().write(event.getBytes(UTF_8));
                exchange.getResponseBody().flush();
                Thread.sleep(EVENT_MILLIS);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // Pocket is being closed
        } finally {
            pages.release();
        }
    }

    private static void send(HttpExchange exchange, int code, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
        exchange.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    /** The parameters after an address's question mark. A bad number throws IllegalArgumentException with the rule. */
    private record Query(String raw) {
        List<String> texts(String name) {
            return Stream.of(raw == null ? new String[0] : raw.split("&")).filter(pair -> pair.startsWith(name + "="))
                    .map(pair -> URLDecoder.decode(pair.substring(name.length() + 1), UTF_8)).toList();
        }

        /** "" where it isn't given. */
        String text(String name) {
            return texts(name).stream().findFirst().orElse("");
        }

        /** {@code least} where it isn't given. */
        long number(String name, long least, long most) {
            String text = text(name);
            long number = text.isEmpty() ? least : text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
            if (number < least || number > most) {
                throw new IllegalArgumentException(name + " must be a whole number from " + least + " to " + most);
            }
            return number;
        }
    }
}
