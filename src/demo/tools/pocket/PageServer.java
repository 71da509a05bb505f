package demo.tools.pocket;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import demo.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Serves the page and the read API, which docs/pocket.md describes. In the full stack Grafana does this.
 *
 * <p>A response shows the stores at that moment. A bad parameter gets status 400 with the rule, an unknown path or
 * trace 404. Any thread may call.
 */
final class PageServer implements HttpHandler {
    private static final int MAX_TEXT = 100;
    private static final int STEPS = 60;
    private static final long YEAR_6325 = 1L << 37; // in epoch seconds
    private static final Map<String, String> FILES = Map.of("/", "text/html", "/pocket.css", "text/css",
            "/pocket.js", "text/javascript", "/charts.js", "text/javascript", "/pocket.svg", "image/svg+xml");

    private final MetricStore metrics;
    private final LogStore logs;
    private final TraceStore traces;
    private final Supplier<?> status;
    // One request at a time, so that the memory of decoded spans and the CPU time of searches are bounded. A search may
    // take a second, and other requests must not wait for it.
    private final ReentrantLock reading = new ReentrantLock(true);
    private final ReentrantLock searching = new ReentrantLock(true);

    PageServer(MetricStore metrics, LogStore logs, TraceStore traces, Supplier<?> status) {
        this.metrics = metrics;
        this.logs = logs;
        this.traces = traces;
        this.status = status;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        boolean search = path.equals("/api/logs");
        ReentrantLock lock = search ? searching : reading;
        int code = 200;
        String type = FILES.getOrDefault(path, search ? "application/x-ndjson" : "application/json");
        byte[] body;
        try {
            OtlpReceiver.check(exchange.getRequestMethod().equals("GET"), "method must be GET");
            lock.lockInterruptibly();
            try {
                body = read(path, new Query(exchange.getRequestURI().getRawQuery()));
            } finally {
                lock.unlock();
            }
        } catch (IllegalArgumentException | NoSuchElementException e) {
            code = e instanceof NoSuchElementException ? 404 : 400;
            type = "text/plain";
            body = (e.getMessage() + "\n").getBytes(UTF_8);
        } catch (InterruptedException _) {
            return; // LocalServer ends this request
        }
        LocalServer.respond(exchange, code, type + "; charset=utf-8", body);
    }

    private byte[] read(String path, Query query) throws IOException, InterruptedException {
        if (FILES.containsKey(path)) {
            String name = path.equals("/") ? "index.html" : path.substring(1);
            try (InputStream file = getClass().getResourceAsStream(name)) {
                return file.readAllBytes();
            }
        }
        long now = System.currentTimeMillis() / 1000;
        long to = query.number("to", now + 1, 0, YEAR_6325);
        long back = query.number("seconds", 0, 1, YEAR_6325);
        long from = query.number("from", back == 0 ? 0 : Math.max(0, to - back), 0, YEAR_6325);
        int limit = (int) query.number("limit", 100, 1, 1_000);
        String route = query.text("route");
        String statusDigit = query.choice("status", "1xx", "2xx", "3xx", "4xx", "5xx").replace("xx", "");
        return switch (path) {
            case "/api/status" -> Json.write(status.get());
            case "/api/metrics" -> {
                long begin = Math.max(from, to - MetricStore.SECONDS);
                int step = Math.clamp((to - begin + STEPS - 1) / STEPS, 2, 60);
                begin -= begin % step; // multiples of the step, so that curves do not change their shape
                int steps = (int) Math.max(1, (to - begin + step - 1) / step);
                yield Json.write(metrics.curves(new MetricStore.Steps(begin, step, steps), route));
            }
            case "/api/routes" -> Json.write(metrics.rows(Math.max(from, now - MetricStore.SECONDS), to));
            case "/api/logs" -> logs.find(List.of(query.text("text"),
                    field("level", query.choice("level", "DEBUG", "INFO", "WARN", "ERROR")), field("route", route),
                    field("trace_id", query.text("trace")),
                    statusDigit.isEmpty() ? "" : "\"status\":" + statusDigit), from, to, limit);
            case "/api/traces" -> Json.write(traces.find(new TraceStore.Query(from, to, route, statusDigit,
                    query.choice("order", "newest", "slowest").equals("slowest"), limit)));
            case "/api/trace" -> traces.trace(query.text("id"));
            default -> throw new NoSuchElementException("no such path");
        };
    }

    /** A field as a log line has it: {@code "level":"ERROR"}; "", which each line contains, for no value. */
    private static String field(String name, String value) {
        return value.isEmpty() ? "" : '"' + name + "\":" + new String(Json.write(value), UTF_8);
    }

    /** The parameters of a request. A bad value throws IllegalArgumentException with the rule. */
    private record Query(String raw) {
        /** "" if absent. */
        String text(String name) {
            String text = Stream.of(raw == null ? new String[0] : raw.split("&"))
                    .filter(pair -> pair.startsWith(name + "=")).findFirst()
                    .map(pair -> URLDecoder.decode(pair.substring(name.length() + 1), UTF_8)).orElse("");
            OtlpReceiver.check(text.length() <= MAX_TEXT, name + " must have at most " + MAX_TEXT + " characters");
            return text;
        }

        /** One of these values, or "" if absent. */
        String choice(String name, String... values) {
            String text = text(name);
            OtlpReceiver.check(text.isEmpty() || List.of(values).contains(text),
                    name + " must be one of " + String.join(", ", values));
            return text;
        }

        long number(String name, long absent, long min, long max) {
            String text = text(name);
            long number = text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
            OtlpReceiver.check(text.isEmpty() || number >= min && number <= max,
                    name + " must be a whole number from " + min + " to " + max);
            return text.isEmpty() ? absent : number;
        }
    }
}
