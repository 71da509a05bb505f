package demo.infra;

import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.infra.StoredTelemetry.Outage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/**
 * The full stack as native processes under a constant request rate, with one fault; {@link StoredTelemetry} asserts
 * what must be stored then. Skipped unless the real services are on the PATH and their ports are free.
 */
public final class StackDrill {
    private static final int REQUESTS_A_SECOND = 50;
    private static final Duration BEFORE_AND_AFTER = Duration.ofSeconds(15);
    private static final Duration START = Duration.ofSeconds(30);
    /** Alloy, like Prometheus, reloads the targets of its scraper every five seconds. */
    private static final Duration SCRAPER_RELOAD = Duration.ofSeconds(5);
    private static final List<Integer> PORTS = List.of(3000, 3100, 3200, 4317, 8000, 9000, 9001, 9009, 12345);
    /** After storing the position, Alloy's receiver buffers up to this many lines for 100 ms. A kill drops them. */
    private static final int MAX_BUFFERED_LINES = 99;

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Path folder;
    private final List<Outage> tempoOutages = new ArrayList<>();
    private final List<Outage> scrapeOutages = new ArrayList<>();
    private int linesThatMayBeLost;

    @FunctionalInterface
    private interface Fault {
        void happenTo(StackDrill stack) throws Exception;
    }

    private StackDrill(Path folder) {
        this.folder = folder;
    }

    /** Kills Alloy three times with {@code kill -9} and starts it again. */
    public static String alloyKilled(Path folder, long seed) throws Exception {
        return run(folder, seed, stack -> {
            for (int i = 0; i < 3; i++) {
                Instant from = Instant.now();
                stack.sh("native/native", "kill", "alloy");
                stack.sh("native/native", "start", "alloy");
                stack.awaitAlloy();
                stack.scrapeOutages.add(new Outage(from, Instant.now().plus(SCRAPER_RELOAD)));
                Thread.sleep(BEFORE_AND_AFTER);
                stack.linesThatMayBeLost += MAX_BUFFERED_LINES;
            }
        });
    }

    public static String lokiAway(Path folder, long seed) throws Exception {
        return run(folder, seed, stack -> stack.away("loki", Duration.ofSeconds(60)));
    }

    public static String minioAway(Path folder, long seed) throws Exception {
        return run(folder, seed, stack -> stack.away("minio", Duration.ofSeconds(60)));
    }

    public static String tempoRestarted(Path folder, long seed) throws Exception {
        return run(folder, seed, stack -> stack.tempoOutages.add(stack.away("tempo", Duration.ZERO)));
    }

    /** Stops the whole stack, including the API, and starts it again. */
    public static String restarted(Path folder, long seed) throws Exception {
        return run(folder, seed, stack -> {
            Instant from = Instant.now();
            stack.sh("stack", "down-native");
            stack.sh("stack", "up-native");
            stack.scrapeOutages.add(new Outage(from, Instant.now()));
        });
    }

    private static String run(Path folder, long seed, Fault fault) throws Exception {
        skipUnlessItCanRun();
        var stack = new StackDrill(folder);
        var down = new Thread(stack::stopInBackground);
        Runtime.getRuntime().addShutdownHook(down);
        try (stack.http) {
            stack.sh("stack", "up-native");
            return stack.happens(fault, "%016x".formatted(Instant.now().toEpochMilli() << 8 | seed & 0xff));
        } finally {
            stack.down();
            Runtime.getRuntime().removeShutdownHook(down);
        }
    }

    private String happens(Fault fault, String run) throws Exception {
        Instant from = Instant.now();
        var requests = new NumberedRequests(http, URI.create("http://127.0.0.1:8000/menu"), run, REQUESTS_A_SECOND);
        try (requests) {
            Thread.sleep(BEFORE_AND_AFTER);
            fault.happenTo(this);
            Thread.sleep(BEFORE_AND_AFTER);
        }
        int responses = requests.responded().size();
        assertTrue(responses > REQUESTS_A_SECOND * BEFORE_AND_AFTER.toSeconds(), "responses: " + responses);

        var stored = new StoredTelemetry(
                url -> http.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString()),
                "http://127.0.0.1:3100", requests, from);
        return String.join("; ", responses + " requests", stored.lines(linesThatMayBeLost),
                stored.traces(tempoOutages), stored.samples(scrapeOutages));
    }

    private void awaitAlloy() {
        var ready = HttpRequest.newBuilder(URI.create("http://127.0.0.1:12345/-/ready"))
                .timeout(Duration.ofSeconds(2)).build();
        Stack.await("Alloy is ready", START, () -> http.send(ready, BodyHandlers.discarding()).statusCode() == 200);
    }

    private Outage away(String service, Duration time) throws Exception {
        Instant from = Instant.now();
        sh("native/native", "stop", service);
        Thread.sleep(time);
        sh("native/native", "start", service);
        return new Outage(from, Instant.now());
    }

    /** Runs when the drills are interrupted. The shell's background process outlives this JVM. */
    private void stopInBackground() {
        try {
            var builder = new ProcessBuilder("sh", "-c", "infra/stack.sh down-native >/dev/null 2>&1 &");
            builder.environment().put("STACK_DATA", folder.toString());
            builder.start();
        } catch (IOException e) {
            System.err.println("stack drill: " + e);
        }
    }

    private void down() {
        try {
            sh("stack", "down-native");
        } catch (Exception | AssertionError e) {
            System.err.println("stack drill: " + e);
        }
    }

    private void sh(String script, String... arguments) throws IOException, InterruptedException {
        Stack.run(0, Map.of("STACK_DATA", folder.toString(), "LOG_ROTATION_SIZE", "100kB"), // every few seconds
                Stream.concat(Stream.of("infra/" + script + ".sh"), Stream.of(arguments)).toList());
    }

    private static void skipUnlessItCanRun() {
        Stack.skipUnlessOnPath("minio|silo", "mimir|prometheus", "loki", "tempo", "alloy");
        for (int port : PORTS) {
            try (var socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            } catch (IOException e) {
                throw new TestAbortedException("port " + port + " is in use (just down-native?)");
            }
        }
    }
}
