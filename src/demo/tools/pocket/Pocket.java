package demo.tools.pocket;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import demo.settings.Setting;
import demo.settings.Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The observability unit in small: shows the three pillars of one running service in a browser, without containers.
 * A program of its own, so that it can outlive the service. Everything is in memory, bounded, and gone when it ends.
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
    /** How the three inputs do: what came in, what is kept of it, and what is wrong. */
    record Status(Scraper.Status scraper, MetricStore.Status metrics, LogFollower.Status follower, LogStore.Status logs,
            String otlp, TraceStore.Status traces) {}

    private final HttpServer page;
    private final HttpServer otlp;
    private final ScheduledExecutorService timers = Executors.newScheduledThreadPool(2);

    static {
        // The JDK's server has no limits of its own, and waits 40 ms for a small second packet unless told not to.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("sun.net.httpserver.maxReqTime", "20"); // seconds for a request to come in
        System.setProperty("sun.net.httpserver.maxRspTime", String.valueOf(PageServer.STREAM_SECONDS + 10));
        System.setProperty("sun.net.httpserver.maxReqHeaderSize", "16384"); // bytes
        System.setProperty("jdk.httpserver.maxConnections", "128");
    }

    /** Starts it; port 0 takes any free one. */
    Pocket(URI metricsUri, Path logFile, int pagePort, int otlpPort) throws IOException {
        var metrics = new MetricStore();
        var logs = new LogStore();
        var traces = new TraceStore(metrics::hasDot);
        var scraper = new Scraper(metricsUri, metrics, InstantSource.system());
        var follower = new LogFollower(logFile, logs);
        otlp = server(otlpPort, Setting.POCKET_OTLP_PORT, new OtlpReceiver(traces));
        String endpoint = "http://127.0.0.1:" + otlpPort() + "/v1/traces";
        page = server(pagePort, Setting.POCKET_PORT, new PageServer(metrics, logs, traces, () -> new Status(
                scraper.status(), metrics.status(), follower.status(), logs.status(), endpoint, traces.status())));
        timers.scheduleAtFixedRate(scraper::scrape, 0, 1_000, TimeUnit.MILLISECONDS);
        timers.scheduleWithFixedDelay(follower::look, 0, 200, TimeUnit.MILLISECONDS);
    }

    private static HttpServer server(int port, Setting setting, HttpHandler handler) throws IOException {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 0);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext("/", Guard.before(handler)).getFilters().add(Guard.HEADERS);
            server.start();
            return server;
        } catch (java.net.BindException _) {
            throw new IOException(setting + " must be a free port, something else listens on 127.0.0.1:" + port);
        }
    }

    int pagePort() {
        return page.getAddress().getPort();
    }

    int otlpPort() {
        return otlp.getAddress().getPort();
    }

    @Override
    public void close() {
        timers.shutdownNow();
        page.stop(0);
        otlp.stop(0);
    }

    public static void main(String[] args) {
        record Chosen(URI metricsUri, Path logFile, int pagePort, int otlpPort) {}
        Chosen chosen = Settings.orExit(settings -> new Chosen(
                settings.api(settings.port(Setting.HTTP_PORT), "/metrics"),
                settings.path(Setting.LOG_FILE), settings.port(Setting.POCKET_PORT),
                settings.port(Setting.POCKET_OTLP_PORT)), "POCKET_");
        try {
            Pocket pocket = new Pocket(chosen.metricsUri, chosen.logFile, chosen.pagePort, chosen.otlpPort);
            System.out.println("pocket: metrics, logs and traces at http://localhost:" + pocket.pagePort());
        } catch (IOException e) {
            System.err.println("pocket: " + e.getMessage());
            System.exit(1);
        }
    }
}
