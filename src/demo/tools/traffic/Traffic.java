package demo.tools.traffic;

import demo.settings.Setting;
import demo.settings.Settings;
import java.net.URI;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The load generator. It knows the service by HTTP only: it waits for the service, makes visits at a fixed rate, and
 * prints a summary.
 *
 * <p>The end of the duration, Ctrl-C and SIGTERM end with the summary and exit code 0. Without a service it ends with
 * one sentence and exit code 1 after at most 10 s. A bad setting ends it with one line and exit code 2.
 */
public final class Traffic {
    private static final Duration MAX_WAIT = Duration.ofSeconds(10);
    private static final long STOP_MILLIS = 5_000;
    private static final String REWRITE_LINE = "\r\u001b[K";

    private final URI target;
    private final double perSecond;
    private final Duration length;
    private final Mix mix;
    private final long seed;
    private final int maxInFlight;

    private Traffic(Settings settings) {
        target = settings.trafficTarget();
        perSecond = settings.decimal(Setting.TRAFFIC_RATE, 0.001, 100_000);
        length = settings.duration(Setting.TRAFFIC_DURATION, Duration.ZERO);
        mix = Mix.of(settings);
        seed = settings.text(Setting.TRAFFIC_SEED).isEmpty()
                ? new SplittableRandom().nextInt(1, Integer.MAX_VALUE) // short enough to type again
                : settings.number(Setting.TRAFFIC_SEED, Long.MIN_VALUE, Long.MAX_VALUE);
        maxInFlight = (int) settings.number(Setting.TRAFFIC_IN_FLIGHT, 1, 50_000);
    }

    public static void main(String[] args) throws InterruptedException {
        if (args.length > 0) {
            System.err.println("traffic: expected settings in the environment (TRAFFIC_…), got '" + args[0] + "'");
            System.exit(2);
        }
        // Shorter than the service's own limit: the client must not reuse a connection that the service is closing.
        System.setProperty("jdk.httpclient.keepalive.timeout", "5");
        int code = Settings.orExit(Traffic::new, "TRAFFIC_").run();
        // Not System.exit: after a signal that would wait for the hook, which waits for this thread.
        System.out.flush();
        Runtime.getRuntime().halt(code);
    }

    private int run() throws InterruptedException {
        var results = Results.byKind();
        var report = new Report(results);
        var generator = new Generator(new Arrivals(perSecond, mix, new SplittableRandom(seed)), new Requests(target),
                results, maxInFlight);
        stopOnSignal(generator);
        var missing = generator.awaitService(length.isZero() || length.compareTo(MAX_WAIT) > 0 ? MAX_WAIT : length);
        if (missing != null) {
            System.err.println("traffic: no service at " + target + " (" + missing
                    + "); start it with `java Main.java` or `just up`, or set TRAFFIC_TARGET");
            return 1;
        }
        var took = makeVisits(generator, report);
        System.out.println(report.summary(target, seed, perSecond, took));
        return 0;
    }

    private Duration makeVisits(Generator generator, Report report) throws InterruptedException {
        if (System.console() == null || !System.console().isTerminal()) {
            System.err.println("traffic: " + perSecond + " visits/s to " + target);
            return generator.run(length);
        }
        var second = new AtomicLong();
        try (var progress = Executors.newSingleThreadScheduledExecutor()) {
            progress.scheduleAtFixedRate(() -> System.out.print(REWRITE_LINE
                    + report.progress(second.incrementAndGet(), generator.inFlight())), 1, 1, TimeUnit.SECONDS);
            return generator.run(length);
        } finally {
            System.out.print(REWRITE_LINE);
        }
    }

    /** A signal runs the hook. The process ends where {@link #main} ends it, at the latest after 5 s. */
    private static void stopOnSignal(Generator generator) {
        var runner = Thread.currentThread();
        var hook = new Thread(() -> {
            generator.stop();
            try {
                runner.join(STOP_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }, "stop");
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException e) {
            generator.stop(); // the signal came first
        }
    }
}
