package demo.tools.pocket;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * Scrapes the service's metrics. In the full stack Alloy does this for Mimir. A failed scrape leaves a gap in the
 * charts. One thread scrapes; any thread may call problem. A response over {@value #MAX_BYTES} bytes is refused.
 */
final class Scraper {
    private static final int MAX_BYTES = 8_000_000;

    private final URI target;
    private final MetricStore store;
    private volatile String problem = "not scraped yet";

    Scraper(URI target, MetricStore store) {
        this.target = target;
        this.store = store;
    }

    /** Why the last scrape failed; "" if it succeeded. */
    String problem() {
        return problem;
    }

    void scrape() {
        Instant now = Instant.now();
        try {
            store.scraped(now, fetch());
            problem = "";
        } catch (IOException | RuntimeException e) { // shown on the page; the next scrape still runs
            store.missed(now);
            problem = String.valueOf(e.getMessage());
        }
    }

    private String fetch() throws IOException {
        var connection = (HttpURLConnection) target.toURL().openConnection(Proxy.NO_PROXY);
        connection.setConnectTimeout(2_000);
        connection.setReadTimeout(5_000);
        // Only this format has exemplars: plain Prometheus text has none.
        connection.setRequestProperty("Accept", "application/openmetrics-text; version=1.0.0");
        try (InputStream body = connection.getInputStream()) { // throws for a status that is not 2xx
            byte[] bytes = body.readNBytes(MAX_BYTES + 1);
            OtlpReceiver.check(bytes.length <= MAX_BYTES, "/metrics must respond with at most " + MAX_BYTES + " bytes");
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
