package demo.tools.pocket;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Asks the service for its metrics, as Alloy does for Mimir in the full stack. A scrape that fails leaves a gap in the
 * charts and its reason in {@link #status}. One thread scrapes, any may ask. An answer over 8 MB is refused.
 */
final class Scraper {
    private static final int MAX_BYTES = 8_000_000;

    /** Whether the last scrape worked, since when (epoch milliseconds), and what went wrong ("" if nothing). */
    record Status(String from, boolean up, long since, String problem) {}

    private final MetricStore store;
    private final InstantSource clock;
    private volatile Status status;

    Scraper(URI target, MetricStore store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
        status = new Status(target.toString(), false, clock.millis(), "not asked yet");
    }

    Status status() {
        return status;
    }

    void scrape() {
        Instant now = clock.instant();
        String problem = "";
        try {
            store.scraped(now, fetch());
        } catch (IOException | RuntimeException | OutOfMemoryError e) { // told on the page; the next scrape is tried all the same
            store.missed(now);
            problem = e instanceof ConnectException ? "nothing answers there" : String.valueOf(e.getMessage());
        }
        boolean up = problem.isEmpty();
        status = new Status(status.from, up, up == status.up ? status.since : now.toEpochMilli(), problem);
    }

    private String fetch() throws IOException {
        var connection = (HttpURLConnection) URI.create(status.from).toURL().openConnection();
        connection.setConnectTimeout(2_000);
        connection.setReadTimeout(5_000);
        // Exemplars exist in this format only: plain Prometheus text has none.
        connection.setRequestProperty("Accept", "application/openmetrics-text; version=1.0.0");
        try (InputStream body = connection.getInputStream()) { // throws where the answer is not 2xx
            byte[] bytes = body.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IOException("/metrics must answer with at most " + MAX_BYTES + " bytes");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
