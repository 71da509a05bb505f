package demo.pocket;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells open pages that something changed, by server-sent events; what changed they then ask for themselves.
 *
 * <p>So nothing queues up here: a page that reads slowly gets the newest state when it reads again, and one that reads
 * nothing for {@link #PATIENCE} is cut off (its browser comes back by itself). At most {@value #MAX_PAGES} at once, the
 * next gets 503. Each page has its request's own virtual thread; {@link #cutOff} is called from another, every second.
 */
final class Events {
    static final int MAX_PAGES = 16;
    static final Duration INTERVAL = Duration.ofMillis(250);
    static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration HEARTBEAT = Duration.ofSeconds(10);

    private final Status status;
    private final JsonFactory json = new JsonFactory();
    private final Map<Thread, Long> writingSince = new ConcurrentHashMap<>(); // nanoTime, or 0 when it waits for news

    Events(Status status) {
        this.status = status;
    }

    void serve(HttpExchange exchange) throws IOException {
        Thread page = Thread.currentThread();
        writingSince.put(page, 0L);
        try {
            if (writingSince.size() > MAX_PAGES) {
                exchange.getResponseHeaders().set("Retry-After", "5");
                exchange.sendResponseHeaders(503, -1);
                return;
            }
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            tell(exchange.getResponseBody());
        } catch (InterruptedException _) {
            // cut off
        } finally {
            writingSince.remove(page);
        }
    }

    /** Writes events until the page is gone or cut off. */
    void tell(OutputStream out) throws IOException, InterruptedException {
        Thread page = Thread.currentThread();
        String told = "";
        long toldAt = 0;
        while (true) {
            String news = news();
            boolean changed = !news.equals(told);
            if (changed || System.nanoTime() - toldAt > HEARTBEAT.toNanos()) {
                writingSince.put(page, System.nanoTime());
                out.write((changed ? "retry: 1000\ndata: " + news + "\n\n" : ": still here\n\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
                writingSince.put(page, 0L);
                told = news;
                toldAt = System.nanoTime();
            }
            Thread.sleep(INTERVAL);
        }
    }

    private String news() throws IOException {
        var text = new StringWriter();
        try (JsonGenerator out = json.createGenerator(text)) {
            status.write(out);
        }
        return text.toString();
    }

    /** Ends the pages that have not read for too long: interrupting a thread closes the channel it writes to. */
    void cutOff(long nowNanos) {
        writingSince.forEach((page, since) -> {
            if (since != 0 && nowNanos - since > PATIENCE.toNanos()) {
                page.interrupt();
            }
        });
    }
}
