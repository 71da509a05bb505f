package demo.pocket;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/**
 * Serves the page and the questions it asks; Grafana does this job in the full stack.
 *
 * <p>Each answer is the stores' state of that moment, so a page that slept or lost its connection misses nothing. A bad
 * parameter is answered 400 with one line of text, an unknown path or trace 404. Any thread may call.
 *
 * <pre>
 * /                  the page       /api/metrics?seconds&from&to&points&route
 * /pocket.js .css .svg              /api/logs?from&to&level&method&text&route&trace&after&limit
 * /api/status        how it goes    /api/traces?from&to&route&failed&min_ms&sort&limit
 * /api/events        the same, on   /api/traces/{trace id}
 *                    each change
 * </pre>
 */
final class PageServer implements HttpHandler {
    private static final Map<String, String> TYPES = Map.of("html", "text/html", "css", "text/css",
            "js", "text/javascript", "svg", "image/svg+xml");

    private interface Answer {
        void write(JsonGenerator out) throws IOException;
    }

    private final RequestMetrics metrics;
    private final LogStore logs;
    private final TraceStore traces;
    private final Status status;
    private final Events events;
    private final InstantSource clock;
    private final JsonFactory json = new JsonFactory();

    PageServer(RequestMetrics metrics, LogStore logs, TraceStore traces, Status status, Events events, InstantSource clock) {
        this.metrics = metrics;
        this.logs = logs;
        this.traces = traces;
        this.status = status;
        this.events = events;
        this.clock = clock;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (exchange.getRequestMethod().equals("GET")) {
                get(exchange, exchange.getRequestURI().getPath());
            } else {
                exchange.getResponseHeaders().set("Allow", "GET");
                send(exchange, 405, "text/plain", "method must be GET".getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    private void get(HttpExchange exchange, String path) throws IOException {
        try {
            var query = new Query(exchange.getRequestURI().getRawQuery());
            switch (path) {
                case "/" -> resource(exchange, "index.html");
                case "/pocket.css", "/pocket.js", "/pocket.svg" -> resource(exchange, path.substring(1));
                case "/api/status" -> answer(exchange, status::write);
                case "/api/events" -> events.serve(exchange);
                case "/api/metrics" -> answer(exchange, out -> metrics.write(out, window(query), query.text("route")));
                case "/api/logs" -> answer(exchange, out -> logs.write(out, logQuery(query)));
                case "/api/traces" -> answer(exchange, out -> traces.write(out, traceQuery(query)));
                default -> trace(exchange, path);
            }
        } catch (IllegalArgumentException e) { // before anything was sent
            send(exchange, 400, "text/plain", String.valueOf(e.getMessage()).getBytes(StandardCharsets.UTF_8));
        }
    }

    private void trace(HttpExchange exchange, String path) throws IOException {
        String prefix = "/api/traces/";
        TraceId id = path.startsWith(prefix) ? TraceId.parse(path.substring(prefix.length())) : null;
        var body = new ByteArrayOutputStream();
        boolean found;
        try (JsonGenerator out = json.createGenerator(body)) {
            found = id != null && traces.write(out, id);
        }
        send(exchange, found ? 200 : 404, "application/json", body.toByteArray());
    }

    private Window window(Query query) {
        int points = (int) query.number("points", 150, 1, 900);
        return query.has("to")
                ? new Window(query.number("from", 0, 0, 1L << 40), query.number("to", 0, 0, 1L << 40), points)
                : Window.last(query.number("seconds", 300, 10, RequestMetrics.SECONDS), clock.instant(), points);
    }

    private LogStore.Query logQuery(Query query) {
        String trace = query.text("trace");
        if (!trace.isEmpty() && TraceId.parse(trace) == null) {
            throw new IllegalArgumentException("trace must be 32 hexadecimal digits, was " + trace);
        }
        return new LogStore.Query(query.millis("from"), query.millis("to"), query.place("level", LogLine.LEVELS),
                query.place("method", LogLine.METHODS), TraceId.parse(trace), query.text("text"), query.text("route"),
                query.number("after", 0, 0, Long.MAX_VALUE), (int) query.number("limit", 200, 1, 1_000));
    }

    private TraceStore.Query traceQuery(Query query) {
        return new TraceStore.Query(query.millis("from"), query.millis("to"), query.text("route"),
                query.text("failed").equals("true"), query.number("min_ms", 0, 0, 1L << 40),
                query.text("sort").equals("slowest"), (int) query.number("limit", 50, 1, 500));
    }

    private void answer(HttpExchange exchange, Answer answer) throws IOException {
        var body = new ByteArrayOutputStream(8_192);
        try (JsonGenerator out = json.createGenerator(body)) {
            answer.write(out);
        }
        send(exchange, 200, "application/json", body.toByteArray());
    }

    private static void resource(HttpExchange exchange, String name) throws IOException {
        try (InputStream in = PageServer.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException(name + " must be on the class path beside PageServer");
            }
            send(exchange, 200, TYPES.get(name.substring(name.lastIndexOf('.') + 1)), in.readAllBytes());
        }
    }

    private static void send(HttpExchange exchange, int code, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
        exchange.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    /** The parameters after the question mark; each has a default, and a rule that a value must keep. */
    private static final class Query {
        private final Map<String, String> values = new HashMap<>();

        Query(String raw) {
            for (String pair : raw == null ? new String[0] : raw.split("&")) {
                int equals = pair.indexOf('=');
                if (equals > 0) {
                    values.put(pair.substring(0, equals), URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
                }
            }
        }

        boolean has(String name) {
            return values.containsKey(name);
        }

        String text(String name) {
            return values.getOrDefault(name, "");
        }

        long number(String name, long fallback, long least, long most) {
            if (!has(name)) {
                return fallback;
            }
            String text = text(name);
            if (!text.matches("\\d{1,18}") || Long.parseLong(text) < least || Long.parseLong(text) > most) {
                throw new IllegalArgumentException(name + " must be a whole number from " + least + " to " + most + ", was " + text);
            }
            return Long.parseLong(text);
        }

        /** A parameter in epoch seconds as milliseconds; 0 where it isn't given. */
        long millis(String name) {
            return 1000 * number(name, 0, 0, 1L << 40);
        }

        int place(String name, java.util.List<String> allowed) {
            int place = allowed.indexOf(text(name));
            if (place < 0) {
                throw new IllegalArgumentException(name + " must be one of " + String.join(", ", allowed) + ", was " + text(name));
            }
            return place;
        }
    }
}
