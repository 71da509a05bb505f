package demo.api;

import demo.log.Console;
import demo.log.CurrentSpan;
import demo.log.Level;
import demo.log.Log;
import demo.log.LogSettings;
import demo.metrics.Metrics;
import demo.settings.BadSetting;
import demo.settings.Setting;
import demo.settings.Settings;
import demo.trace.SpanExport;
import demo.trace.Tracing;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Starts the service and ends it. This is the place that joins the rooms: the log learns of the current span here,
 * the metrics of the log's counts.
 *
 * <p>Exit codes: 143 after SIGTERM and 130 after SIGINT, as every JVM's; 1 when it can't start, 2 for a bad
 * setting.
 */
public final class Api {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private Api() {
    }

    public static void main(String[] args) {
        Settings settings = Settings.orExit(s -> s, "HTTP_", "LOG_", "FAULTS", "PAYMENTS_", "SEED");
        try {
            start(settings);
        } catch (BadSetting e) {
            System.err.println(e.getMessage());
            System.exit(2);
        } catch (IOException e) {
            System.err.println("api: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void start(Settings settings) throws IOException {
        var clock = InstantSource.system();
        var console = Console.standard(clock);
        var tracing = new Tracing();
        LogSettings logSettings = logSettings(settings);
        boolean faults = settings.onOff(Setting.FAULTS);
        long seed = settings.text(Setting.SEED).isEmpty() ? ThreadLocalRandom.current().nextLong()
                : settings.number(Setting.SEED, Long.MIN_VALUE, Long.MAX_VALUE);
        Server.limit((int) settings.number(Setting.HTTP_MAX_CONNECTIONS, 1, 1_000_000),
                settings.duration(Setting.HTTP_TIMEOUT, Duration.ofSeconds(1)));
        URI payments = payments(settings);
        var home = new HomePage(settings.port(Setting.POCKET_PORT), logSettings.file());

        Server server = bind(settings.text(Setting.HTTP_HOST), settings.port(Setting.HTTP_PORT));
        var log = Log.open(logSettings, currentSpan(tracing), clock, console);
        var registry = new PrometheusRegistry();
        var metrics = new Metrics(registry);
        metrics.logPipeline(log::stats);
        var spans = new SpanExport();
        metrics.spanExport(spans::exported, spans::failed);
        metrics.buildInfo(build());

        var watch = new SpanWatch(spans, log, console);
        var ready = new AtomicBoolean();
        var routes = Routes.of(home, log, metrics, tracing, clock, seed, faults,
                payments == null ? settings.api(server.port(), "/payments") : payments,
                ready::get);
        spans.serving();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, ready, watch, log, spans, console), "stop"));
        server.start(routes, log, metrics, tracing);
        ready.set(true);
        log.info("api", "started").with("port", server.port())
                .with("start_ms", ProcessHandle.current().info().startInstant()
                        .map(at -> Duration.between(at, clock.instant()).toMillis()).orElse(-1L)).write();
        console.say("API at " + settings.api(server.port(), "").toString().replace("127.0.0.1", "localhost")
                + ", log in " + logSettings.file());
        watch.start();
        metrics.jvm();
    }

    private static void stop(Server server, AtomicBoolean ready, SpanWatch watch, Log log,
                             SpanExport spans, Console console) {
        ready.set(false);
        server.stop(PATIENCE);
        log.info("api", "stopped").write();
        spans.drained();
        watch.close();
        log.close();
        console.say("API stopped");
    }

    private static Server bind(String host, int port) throws IOException {
        var address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new BadSetting("HTTP_HOST must be an address of this machine, was '" + host + "'");
        }
        try {
            return Server.bind(address);
        } catch (BindException e) {
            throw new IOException("port " + port + " at " + host + " can't be had (" + e.getMessage()
                    + "); see who has it with `lsof -i :" + port + "`, or set HTTP_PORT to another", e);
        }
    }

    private static URI payments(Settings settings) {
        String text = settings.text(Setting.PAYMENTS_URL);
        try {
            URI uri = URI.create(text);
            if (text.isEmpty() || uri.getHost() != null && uri.getScheme().startsWith("http")) {
                return text.isEmpty() ? null : uri;
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw settings.bad(Setting.PAYMENTS_URL, "must be an http URL");
    }

    private static LogSettings logSettings(Settings settings) {
        long rotationBytes = settings.bytes(Setting.LOG_ROTATION_SIZE, 1_000);
        return new LogSettings(
                settings.path(Setting.LOG_FILE),
                settings.choice(Setting.LOG_LEVEL, Level.class),
                "api",
                rotationBytes,
                settings.duration(Setting.LOG_ROTATION_AGE, Duration.ofSeconds(1)),
                settings.duration(Setting.LOG_RETENTION, Duration.ofSeconds(1)),
                settings.bytes(Setting.LOG_RETENTION_SIZE, 2 * rotationBytes),
                settings.duration(Setting.LOG_COMPRESSION_DELAY, Duration.ZERO));
    }

    private static CurrentSpan currentSpan(Tracing tracing) {
        return new CurrentSpan() {
            @Override
            public String traceId() {
                return tracing.traceId();
            }

            @Override
            public String spanId() {
                return tracing.spanId();
            }
        };
    }

    /** {@code build.properties} is written by build.sh. */
    private static Map<String, String> build() throws IOException {
        var build = new java.util.Properties();
        try (var in = Api.class.getResourceAsStream("/build.properties")) {
            if (in != null) {
                build.load(in);
            }
        }
        return new TreeMap<>(Map.of(
                "version", build.getProperty("version", "unknown"),
                "revision", build.getProperty("revision", "unknown"),
                "java_version", Runtime.version().toString()));
    }
}
