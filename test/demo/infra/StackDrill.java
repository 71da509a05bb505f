package demo.infra;

import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.infra.StoredTelemetry.Outage;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The full stack with one fault, under a constant request rate. {@link StoredTelemetry} asserts what is stored. */
public final class StackDrill {
    private static final int REQUESTS_A_SECOND = 50;
    private static final Duration BEFORE_AND_AFTER = Duration.ofSeconds(15);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    /** Alloy, like Prometheus, reloads the targets of its scraper every five seconds. */
    private static final Duration SCRAPER_RELOAD = Duration.ofSeconds(5);
    /** After storing the position, Alloy's receiver buffers up to this many lines for 100 ms. A kill drops them. */
    private static final int MAX_BUFFERED_LINES = 99;

    private final NativeStack stack;
    private final List<Outage> tempoOutages = new ArrayList<>();
    private final List<Outage> scrapeOutages = new ArrayList<>();
    private int linesThatMayBeLost;

    private StackDrill(NativeStack stack) {
        this.stack = stack;
    }

    @FunctionalInterface
    private interface Fault {
        void happenTo(StackDrill drill) throws Exception;
    }

    /** Kills Alloy three times with {@code kill -9} and starts it again. */
    public static String alloyKilled(Path folder, long seed) throws Exception {
        return run(folder, seed, drill -> {
            for (int i = 0; i < 3; i++) {
                Instant from = Instant.now();
                drill.stack.kill("alloy");
                drill.stack.script("restart", "alloy");
                Stack.await("Alloy is ready", MINUTE,
                        () -> Stack.get("http://127.0.0.1:12345/-/ready").statusCode() == 200);
                drill.scrapeOutages.add(new Outage(from, Instant.now().plus(SCRAPER_RELOAD)));
                Thread.sleep(BEFORE_AND_AFTER);
                drill.linesThatMayBeLost += MAX_BUFFERED_LINES;
            }
        });
    }

    public static String lokiAway(Path folder, long seed) throws Exception {
        return run(folder, seed, drill -> drill.away("loki", MINUTE));
    }

    public static String minioAway(Path folder, long seed) throws Exception {
        return run(folder, seed, drill -> drill.away("minio", MINUTE));
    }

    public static String tempoRestarted(Path folder, long seed) throws Exception {
        return run(folder, seed, drill -> drill.tempoOutages.add(drill.away("tempo", Duration.ZERO)));
    }

    /** Stops the whole stack, including the API, and starts it again. */
    public static String restarted(Path folder, long seed) throws Exception {
        return run(folder, seed, drill -> {
            Instant from = Instant.now();
            drill.stack.script("down");
            drill.stack.script("up");
            drill.scrapeOutages.add(new Outage(from, Instant.now()));
        });
    }

    private Outage away(String service, Duration time) throws Exception {
        Instant from = Instant.now();
        stack.script("stop", service);
        Thread.sleep(time);
        stack.script("start", service);
        return new Outage(from, Instant.now());
    }

    private static String run(Path folder, long seed, Fault fault) throws Exception {
        try (var stack = new NativeStack(folder)) {
            var drill = new StackDrill(stack);
            Instant from = Instant.now();
            var requests = new NumberedRequests(8000, "%016x".formatted(from.toEpochMilli() << 8 | seed & 0xff),
                    REQUESTS_A_SECOND);
            try (requests) {
                Thread.sleep(BEFORE_AND_AFTER);
                fault.happenTo(drill);
                Thread.sleep(BEFORE_AND_AFTER);
            }
            int responses = requests.responded().size();
            assertTrue(responses > REQUESTS_A_SECOND * BEFORE_AND_AFTER.toSeconds(), "responses: " + responses);

            var stored = new StoredTelemetry("http://127.0.0.1:3100", requests, from);
            return String.join("; ", responses + " requests", stored.lines(drill.linesThatMayBeLost),
                    stored.traces(drill.tempoOutages), stored.samples(drill.scrapeOutages));
        }
    }
}
