package demo.pocket;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Asks the service for its metrics once a second, as Alloy does for Mimir in the full stack.
 *
 * <p>A scrape that fails leaves a gap in the charts and its reason in {@link #health}; the next one is tried a second
 * later, for ever. One thread runs it; any thread may ask for the health. An answer over 8 MB is refused.
 */
final class Scraper implements Runnable {
    /** Whether the last scrape worked, since when that is so, and what went wrong ("" if nothing). */
    record Health(boolean up, Instant since, String problem) {}

    static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final int MAX_BYTES = 8_000_000;

    private final URI target;
    private final RequestMetrics metrics;
    private final InstantSource clock;
    private volatile Health health;

    Scraper(URI target, RequestMetrics metrics, InstantSource clock) {
        this.target = target;
        this.metrics = metrics;
        this.clock = clock;
        this.health = new Health(false, clock.instant(), "not asked yet");
    }

    Health health() {
        return health;
    }

    URI target() {
        return target;
    }

    @Override
    public void run() {
        try {
            while (true) {
                long started = System.nanoTime();
                scrape();
                Duration left = INTERVAL.minusNanos(System.nanoTime() - started);
                Thread.sleep(left.isNegative() ? Duration.ZERO : left);
            }
        } catch (InterruptedException _) {
            // asked to stop
        }
    }

    void scrape() {
        try {
            String text = fetch();
            metrics.scraped(clock.instant(), text);
            turn(true, "");
        } catch (IOException | IllegalArgumentException e) {
            metrics.missed();
            turn(false, e instanceof java.net.ConnectException ? "nothing answers there" : String.valueOf(e.getMessage()));
        }
    }

    private void turn(boolean up, String problem) {
        Health now = health;
        health = new Health(up, up == now.up ? now.since : clock.instant(), problem);
    }

    private String fetch() throws IOException {
        var connection = (HttpURLConnection) target.toURL().openConnection();
        connection.setConnectTimeout(2_000);
        connection.setReadTimeout(5_000);
        // Exemplars exist in this format only: plain Prometheus text has none.
        connection.setRequestProperty("Accept", "application/openmetrics-text; version=1.0.0");
        if (connection.getResponseCode() != 200) {
            throw new IOException("/metrics must answer 200, answered " + connection.getResponseCode());
        }
        try (InputStream body = connection.getInputStream()) {
            byte[] bytes = body.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IOException("/metrics must answer with at most " + MAX_BYTES + " bytes");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
