package demo.pocket;

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

/**
 * The observability unit in small: shows the three pillars of one running service in a browser, without containers.
 * A program of its own, so that it outlives the service. Everything is in memory, bounded, and gone when it ends.
 *
 * <pre>
 * service   /metrics  ◄── Scraper ──────► RequestMetrics ─┐                    Alloy, Mimir
 *           app.log   ◄── LogFollower ──► LogStore ───────┼─► PageServer       Alloy, Loki, Grafana
 *           OTLP      ──► OtlpReceiver ─► TraceStore ─────┘                    Tempo
 * </pre>
 *
 * <p>Listens on 127.0.0.1 only. A bad setting: one line on stderr, exit 2; a port in use: one line, exit 1.
 */
public final class Pocket implements AutoCloseable {
    private final HttpServer page;
    private final HttpServer otlp;
    private final Thread[] workers;

    private Pocket(URI metricsUri, Path logFile, int pagePort, int otlpPort, InstantSource clock) throws IOException {
        var metrics = new RequestMetrics();
        var logs = new LogStore();
        var traces = new TraceStore(metrics::hasDot);
        var scraper = new Scraper(metricsUri, metrics, clock);
        var follower = new LogFollower(logFile, logs);
        otlp = server(otlpPort, Setting.POCKET_OTLP_PORT, new OtlpReceiver(traces));
        var status = new Status(scraper, metrics, follower, logs, traces, "http://127.0.0.1:" + otlpPort() + "/v1/traces");
        var events = new Events(status);
        page = server(pagePort, Setting.POCKET_PORT, new PageServer(metrics, logs, traces, status, events, clock));
        workers = new Thread[] {
            Thread.ofPlatform().daemon().name("scraper").start(scraper),
            Thread.ofPlatform().daemon().name("log follower").start(follower),
            Thread.ofVirtual().name("events").start(() -> everySecond(() -> events.cutOff(System.nanoTime()))),
        };
    }

    /** Starts it; port 0 takes any free one. */
    static Pocket start(URI metricsUri, Path logFile, int pagePort, int otlpPort) throws IOException {
        // The JDK's server has no limits of its own, and waits 40 ms for a small second packet unless told not to.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("sun.net.httpserver.maxReqTime", "20"); // seconds for a request to come in
        System.setProperty("sun.net.httpserver.maxRspTime", "600"); // an event stream's life; browsers come back
        System.setProperty("jdk.httpserver.maxConnections", "128");
        return new Pocket(metricsUri, logFile, pagePort, otlpPort, InstantSource.system());
    }

    private static HttpServer server(int port, Setting setting, HttpHandler handler) throws IOException {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 0);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext("/", handler).getFilters().add(new Guard());
            server.start();
            return server;
        } catch (java.net.BindException _) {
            throw new IOException(setting + " must be a free port, something else listens on 127.0.0.1:" + port);
        }
    }

    private static void everySecond(Runnable task) {
        try {
            while (true) {
                Thread.sleep(1_000);
                task.run();
            }
        } catch (InterruptedException _) {
            // asked to stop
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
        for (Thread worker : workers) {
            worker.interrupt();
        }
        page.stop(0);
        otlp.stop(0);
    }

    public static void main(String[] args) {
        record Chosen(int apiPort, Path logFile, int pagePort, int otlpPort) {}
        Chosen chosen = Settings.orExit(settings -> new Chosen(settings.port(Setting.HTTP_PORT), Path.of(settings.text(Setting.LOG_FILE)),
                settings.port(Setting.POCKET_PORT), settings.port(Setting.POCKET_OTLP_PORT)));
        try {
            Pocket pocket = start(URI.create("http://127.0.0.1:" + chosen.apiPort + "/metrics"), chosen.logFile, chosen.pagePort,
                    chosen.otlpPort);
            System.out.println("pocket: metrics, logs and traces at http://localhost:" + pocket.pagePort());
        } catch (IOException e) {
            System.err.println("pocket: " + e.getMessage());
            System.exit(1);
        }
    }
}
