package demo.api;

import demo.log.Console;
import demo.log.CurrentSpan;
import demo.log.Level;
import demo.log.Log;
import demo.log.LogFileException;
import demo.log.LogSettings;
import demo.metrics.Metrics;
import demo.settings.BadSetting;
import demo.settings.Setting;
import demo.settings.Settings;
import demo.trace.Agent;
import demo.trace.Tracing;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Starts and stops the service. The log, metrics and traces do not know each other; this class connects them.
 *
 * <p>Exit codes: 2 for a bad setting, 1 for another failure at the start, both with one line on stderr; 143 after
 * SIGTERM and 130 after SIGINT, as in every JVM.
 *
 * <p>Stopping takes at most 2 s for the requests in flight, then at most 1 s in which the agent flushes spans and the
 * log is closed.
 */
public final class Api {
    private static final Duration MAX_REQUEST_WAIT = Duration.ofSeconds(2);
    private static final long MAX_LOG_BYTES = 1_000_000_000_000_000_000L; // 1 EB

    private Api() { }

    public static void main(String[] args) {
        Settings settings = Settings.orExit(s -> s, "HTTP_", "LOG_", "FAULTS", "PAYMENTS_", "SEED");
        try {
            start(settings);
        } catch (BadSetting e) {
            System.err.println(e.getMessage());
            System.exit(2);
        } catch (LogFileException e) {
            System.err.println((e.isInUse() ? "api: " : "LOG_FILE: ") + e.getMessage());
            System.exit(e.isInUse() ? 1 : 2);
        } catch (IOException e) {
            System.err.println("api: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void start(Settings settings) throws IOException {
        var agent = new Agent();
        var clock = InstantSource.system();
        var console = Console.standard(clock);
        var tracing = new Tracing(GlobalOpenTelemetry.get());
        LogSettings logSettings = logSettings(settings, agent.serviceName());
        boolean faults = settings.onOff(Setting.FAULTS);
        long seed = settings.text(Setting.SEED).isEmpty() ? ThreadLocalRandom.current().nextLong()
                : settings.number(Setting.SEED, Long.MIN_VALUE, Long.MAX_VALUE);
        URI payments = settings.text(Setting.PAYMENTS_URL).isEmpty() ? null : settings.url(Setting.PAYMENTS_URL,
                "must be http[s]://HOST[:PORT][/PATH] without user name and fragment", _ -> true);
        var home = new HomePage(settings.port(Setting.POCKET_PORT), logSettings.file());
        Server.limit((int) settings.number(Setting.HTTP_MAX_CONNECTIONS, 1, 1_000_000),
                settings.duration(Setting.HTTP_TIMEOUT, Duration.ofSeconds(1)));

        Server server = listen(settings.text(Setting.HTTP_HOST), settings.port(Setting.HTTP_PORT));
        Log log = Log.open(logSettings, new CurrentSpan(tracing::traceId, tracing::spanId), clock, console);
        var metrics = new Metrics(new PrometheusRegistry());
        metrics.registerLog(log::stats);
        metrics.registerSpanExport(agent::exportedSpans, agent::failedSpans);
        Properties build = build();
        metrics.registerBuildInfo(build.getProperty("version", "unknown"), build.getProperty("revision", "unknown"));
        var ready = new AtomicBoolean();
        URI provider = payments == null ? settings.api(server.port(), "/payments") : payments;
        server.add(Routes.of(home, log, metrics, tracing, clock, seed, faults, provider, ready::get), log, metrics,
                tracing);

        agent.requestsStarted();
        server.start();
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                ready.set(false);
                server.stop(MAX_REQUEST_WAIT);
                log.info("api", "stopped").write();
                agent.requestsFinished();
                log.close();
                console.say("API stopped");
            }, "stop"));
        } catch (IllegalStateException e) {
            agent.requestsFinished(); // SIGTERM came first: the JVM is about to end
            return;
        }
        ready.set(true);
        log.info("api", "started").with("port", server.port())
                .with("start_ms", ProcessHandle.current().info().startInstant()
                        .map(started -> Duration.between(started, Instant.now()).toMillis()).orElse(-1L)).write();
        console.say("API at " + settings.api(server.port(), "").toString().replace("127.0.0.1", "localhost")
                + ", log in " + logSettings.file());
        new SpanExportReporter(agent, log, console).start(tracing.isActive());
        // After the start, because these two take time to load and the first response does not need them.
        LibraryLogs.observe(log, metrics);
        metrics.registerJvm();
    }

    private static Server listen(String host, int port) throws IOException {
        var address = new InetSocketAddress(host, port);
        var badHost = new BadSetting("HTTP_HOST must be an address of this machine, was '" + host + "'");
        if (address.isUnresolved()) {
            throw badHost;
        }
        try {
            return Server.listen(address);
        } catch (BindException e) {
            if (e.getMessage().contains("assign requested address")) { // EADDRNOTAVAIL
                throw badHost;
            }
            throw new IOException("cannot listen on " + host + ":" + port + ": "
                    + e.getMessage().toLowerCase(Locale.ROOT) + "; `lsof -i :" + port
                    + "` shows the process that uses the port, HTTP_PORT sets another port", e);
        }
    }

    private static LogSettings logSettings(Settings settings, String service) {
        long rotationBytes = settings.bytes(Setting.LOG_ROTATION_SIZE, 1_000, MAX_LOG_BYTES / 2);
        return new LogSettings(
                settings.path(Setting.LOG_FILE),
                settings.choice(Setting.LOG_LEVEL, Level.class),
                service,
                rotationBytes,
                settings.duration(Setting.LOG_ROTATION_AGE, Duration.ofSeconds(1)),
                settings.duration(Setting.LOG_RETENTION, Duration.ofSeconds(1)),
                settings.bytes(Setting.LOG_RETENTION_SIZE, 2 * rotationBytes, MAX_LOG_BYTES),
                settings.duration(Setting.LOG_COMPRESSION_DELAY, Duration.ZERO));
    }

    /** {@code build.properties}, which build.sh writes; empty without this file. */
    private static Properties build() throws IOException {
        var build = new Properties();
        try (var in = Api.class.getResourceAsStream("/build.properties")) {
            if (in != null) {
                build.load(in);
            }
        }
        return build;
    }
}
