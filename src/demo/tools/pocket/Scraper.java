package demo.tools.pocket;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Scrapes the service's metrics. In the full stack Alloy does this for Mimir. A failed scrape leaves a gap in the
 * charts and its reason in {@link #status}. One thread scrapes; any thread may call status. A response over 8 MB is
 * refused.
 */
final class Scraper {
    private static final int MAX_BYTES = 8_000_000;

    /** Whether the last scrape succeeded, since when (epoch milliseconds), and the failure ("" if none). */
    record Status(String from, boolean up, long since, String problem) {}

    private final MetricStore store;
    private final InstantSource clock;
    private volatile Status status;

    Scraper(URI target, MetricStore store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
        status = new Status(target.toString(), false, clock.millis(), "not scraped yet");
    }

    Status status() {
        return status;
    }

    void scrape() {
        Instant now = clock.instant();
        String problem = "";
        try {
            store.scraped(now, fetch());
        } catch (IOException | RuntimeException e) { // shown on the page; the next scrape is tried all the same
            store.missed(now);
            problem = e instanceof ConnectException ? "connection refused" : String.valueOf(e.getMessage());
        }
        boolean up = problem.isEmpty();
        status = new Status(status.from, up, up == status.up ? status.since : now.toEpochMilli(), problem);
    }

    private String fetch() throws IOException {
        var connection = (HttpURLConnection) URI.create(status.from).toURL().openConnection(Proxy.NO_PROXY);
        connection.setConnectTimeout(2_000);
        connection.setReadTimeout(5_000);
        // Only this format has exemplars: plain Prometheus text has none.
        connection.setRequestProperty("Accept", "application/openmetrics-text; version=1.0.0");
        try (InputStream body = connection.getInputStream()) { // throws for a status that is not 2xx
            byte[] bytes = body.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IOException("/metrics must respond with at most " + MAX_BYTES + " bytes");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
