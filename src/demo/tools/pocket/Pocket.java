package demo.tools.pocket;

import demo.settings.Setting;
import demo.settings.Settings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The observability unit for one laptop: a page with the metrics, log lines and traces of one running service, without
 * containers. Pocket is a separate process, so that the page is available after the service has ended. The data is in
 * memory only, and its amount is bounded.
 *
 * <pre>
 * service   /metrics  ◄── Scraper ──────► MetricStore ─┐                    Alloy, Mimir
 *           app.log   ◄── LogFollower ──► LogStore ────┼─► PageServer       Alloy, Loki, Grafana
 *           OTLP      ──► OtlpReceiver ─► TraceStore ──┘                    Tempo
 * </pre>
 *
 * <p>Listens on 127.0.0.1 only. A bad setting: one line on stderr, exit 2; a port in use: one line, exit 1.
 */
public final class Pocket implements AutoCloseable {
    static final int MAX_EXPORTS = 2; // at once: the heap must have room for their bodies
    static final int MAX_PAGE_REQUESTS = 8;

    /** How many units arrived since the start, and the last failure ("" if none). */
    record Input(String name, String from, long count, String unit, String problem) {}

    private final LocalServer page;
    private final LocalServer otlp;
    private final ScheduledExecutorService timers = Executors.newScheduledThreadPool(2);

    /** Starts it; port 0 takes a free port. */
    Pocket(URI metricsUri, Path logFile, int pagePort, int otlpPort) throws IOException {
        var metrics = new MetricStore();
        var logs = new LogStore();
        var traces = new TraceStore(metrics::tracesWithDot);
        var scraper = new Scraper(metricsUri, metrics);
        var follower = new LogFollower(logFile, logs);
        otlp = new LocalServer(otlpPort, Setting.POCKET_OTLP_PORT, MAX_EXPORTS, new OtlpReceiver(traces));
        String endpoint = "http://127.0.0.1:" + otlpPort() + "/v1/traces";
        page = new LocalServer(pagePort, Setting.POCKET_PORT, MAX_PAGE_REQUESTS, new PageServer(metrics, logs, traces,
                () -> List.of(
                        new Input("Metrics", metricsUri.toString(), metrics.scrapes(), "scrapes", scraper.problem()),
                        new Input("Log", logFile.toAbsolutePath().toString(), logs.received(), "lines",
                                follower.problem()),
                        new Input("Traces", endpoint, traces.received(), "spans", ""))));
        timers.scheduleAtFixedRate(scraper::scrape, 0, 1_000, TimeUnit.MILLISECONDS);
        timers.scheduleWithFixedDelay(follower::poll, 0, 200, TimeUnit.MILLISECONDS);
    }

    int pagePort() {
        return page.port();
    }

    int otlpPort() {
        return otlp.port();
    }

    /** Responds to the requests in flight first, so that no sender loses spans that have arrived. */
    @Override
    public void close() {
        timers.shutdownNow();
        otlp.close();
        page.close();
    }

    public static void main(String[] args) {
        record Chosen(URI metricsUri, Path logFile, int pagePort, int otlpPort) {}
        Chosen chosen = Settings.orExit(settings -> new Chosen(
                settings.api(settings.port(Setting.HTTP_PORT), "/metrics"), settings.path(Setting.LOG_FILE),
                settings.port(Setting.POCKET_PORT), settings.port(Setting.POCKET_OTLP_PORT)), "POCKET_");
        try {
            Pocket pocket = new Pocket(chosen.metricsUri, chosen.logFile, chosen.pagePort, chosen.otlpPort);
            Runtime.getRuntime().addShutdownHook(new Thread(pocket.otlp::close));
            System.out.println("pocket: metrics, logs and traces at http://localhost:" + pocket.pagePort());
        } catch (IOException e) {
            System.err.println("pocket: " + e.getMessage());
            System.exit(1);
        } catch (IllegalStateException _) {
            // A signal has stopped this process before the shutdown hook was added.
        }
    }
}
