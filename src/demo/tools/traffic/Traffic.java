package demo.tools.traffic;

import demo.settings.Setting;
import demo.settings.Settings;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * The customers: a load generator that knows the service by HTTP only. It waits until the service is there, makes
 * visits at a rate that no answer slows down, and says at the end how they went.
 *
 * <p>A service that is away or restarts costs answers, counted by reason, never the run. The end of the duration,
 * Ctrl-C and SIGTERM all end with the summary and exit code 0; a bad setting with one line and exit code 2.
 */
public final class Traffic {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final long STOP_MILLIS = 4_000;

    private final URI target;
    private final double perSecond;
    private final Duration length;
    private final Mix mix;
    private final long seed;
    private final int mostInFlight;

    private Traffic(Settings settings) {
        target = target(settings);
        perSecond = settings.decimal(Setting.TRAFFIC_RATE, 0.001, 100_000);
        length = settings.duration(Setting.TRAFFIC_DURATION, Duration.ZERO);
        mix = mix(settings);
        seed = settings.text(Setting.TRAFFIC_SEED).isEmpty()
                ? new SplittableRandom().nextInt(1, Integer.MAX_VALUE) // short enough to type again
                : settings.number(Setting.TRAFFIC_SEED, Long.MIN_VALUE, Long.MAX_VALUE);
        mostInFlight = (int) settings.number(Setting.TRAFFIC_IN_FLIGHT, 1, 50_000);
    }

    public static void main(String[] args) {
        if (args.length > 0) {
            System.err.println("traffic takes its settings from the environment (TRAFFIC_RATE, TRAFFIC_DURATION, …), was given '"
                    + args[0] + "'");
            System.exit(2);
        }
        Settings.orExit(Traffic::new, "TRAFFIC_").run();
    }

    private void run() {
        var shop = new Shop(target);
        var tallies = new Tallies();
        try (var connections = new Connections(target, TIMEOUT)) {
            var generator = new Generator(new Arrivals(perSecond, mix, new SplittableRandom(seed)), shop, connections,
                    tallies, mostInFlight);
            stopOnSignal(generator);
            boolean there = generator.awaitService(mix.share(Kind.LOOKUP) > 0,
                    missing -> System.err.println("traffic: waiting for " + target + ": " + missing));
            if (there) {
                var took = makeVisits(generator, tallies);
                System.out.println(new Summary(target.toString(), seed, perSecond).of(tallies, took));
            }
        }
        // A signal's own exit code would be 130 or 143; all visits are made and told, so this is 0 however it ended.
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private Duration makeVisits(Generator generator, Tallies tallies) {
        if (System.console() == null || !System.console().isTerminal()) {
            System.err.println("traffic: " + perSecond + " visits/s to " + target);
            return generator.run(length, TIMEOUT);
        }
        try (var _ = new Progress(generator, tallies, System.out).start()) {
            return generator.run(length, TIMEOUT);
        }
    }

    /** A signal runs the hook; the process ends where {@link #run} ends it, or after 4 s all the same. */
    private static void stopOnSignal(Generator generator) {
        var runner = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            generator.stop();
            try {
                runner.join(STOP_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }, "stop"));
    }

    private static URI target(Settings settings) {
        try {
            var target = new URI(settings.text(Setting.TRAFFIC_TARGET));
            if ("http".equals(target.getScheme()) && target.getHost() != null && target.getPort() != 0
                    && target.getPort() <= 65_535 && (target.getRawPath().isEmpty() || target.getRawPath().equals("/"))
                    && target.getRawQuery() == null && target.getRawUserInfo() == null) {
                return target;
            }
        } catch (URISyntaxException e) {
            // said below
        }
        throw settings.bad(Setting.TRAFFIC_TARGET, "must be http://HOST[:PORT]");
    }

    private static Mix mix(Settings settings) {
        try {
            return Mix.parse(settings.text(Setting.TRAFFIC_MIX));
        } catch (IllegalArgumentException e) {
            throw settings.bad(Setting.TRAFFIC_MIX, Mix.RULE);
        }
    }
}
