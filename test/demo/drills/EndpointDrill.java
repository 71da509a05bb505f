package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import demo.api.OtlpReceiver;
import demo.api.Service;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * The OTLP endpoint is down, slow or silent, and recovers. Two services run at the same time, one with a working
 * endpoint, one with a failing one, so that other load affects both. With the failing endpoint latency and memory are
 * the same, each change is reported once, and spans arrive within 15 s after the recovery.
 */
record EndpointDrill(Failure failure, Duration duration) implements Drill {
    enum Failure {
        /** Connections are refused. */
        DOWN,
        /** Responses are 3 s late. */
        SLOW,
        /** Connections are accepted; no response follows. */
        SILENT
    }

    private static final Duration WARM_UP = Duration.ofSeconds(5);
    private static final Duration DELAY = Duration.ofSeconds(3);
    private static final long MAX_MILLIS_TO_RECOVER = 15_000;
    /** The agent's queue of 16,384 spans takes 16 MB; the rest is the variation between two equal heaps. */
    private static final long MAX_MORE_MEGABYTES = 64;
    /** Medians of equal services differ by this much on a busy machine. */
    private static final double NOISE = 1.25;
    /** A request that waited for the exporter would wait for seconds. */
    private static final double MAX_MILLIS = 2_000;

    @Override
    public String run(Path folder, long seed) throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/status")), "needs Linux to read the memory of a process");
        var receiver = new OtlpReceiver();
        int port = receiver.port();
        try (var soundReceiver = new OtlpReceiver();
                Service sound = start(folder.resolve("sound"), soundReceiver);
                Service failing = start(folder.resolve("failing"), receiver)) {
            serve(sound, failing, WARM_UP);
            receiver.delays(failure == Failure.SLOW ? DELAY : Duration.ZERO);
            if (failure != Failure.SLOW) {
                receiver.close();
            }
            // The kernel accepts connections to a socket whose owner does not call accept().
            ServerSocket silent = failure != Failure.SILENT ? new ServerSocket()
                    : onFreePort(() -> new ServerSocket(port, 50, InetAddress.getLoopbackAddress()));
            Clients.Summary[] summaries = serve(sound, failing, duration);
            long megabytes = megabytes(failing);
            long soundMegabytes = megabytes(sound);
            silent.close();
            receiver.delays(Duration.ZERO);
            double secondsToRecover;
            try (var recovered = failure == Failure.SLOW ? receiver : onFreePort(() -> new OtlpReceiver(port))) {
                secondsToRecover = millisUntilSpansArrive(failing, recovered) / 1e3;
                if (printed(failing, "spans are dropped") > 0) {
                    failing.awaitOutput(line -> line.contains("spans are exported again"));
                }
            }
            long dropped = failing.count("trace_spans_failed_total");

            Clients.Summary working = summaries[0];
            Clients.Summary broken = summaries[1];
            String found = ("%d requests, median %.2f ms (working endpoint: %.2f), p99 %.1f (%.1f); %d MB (%d); "
                    + "spans arrive after %.1f s").formatted(broken.responses(), broken.millis(0.5),
                            working.millis(0.5), broken.millis(0.99), working.millis(0.99), megabytes, soundMegabytes,
                            secondsToRecover);
            assertEquals(List.of(), broken.failures());
            assertTrue(broken.millis(0.5) < working.millis(0.5) * NOISE, found);
            assertTrue(broken.millis(1) < MAX_MILLIS, found);
            assertTrue(megabytes < soundMegabytes + MAX_MORE_MEGABYTES, found);
            long changes = failure == Failure.SLOW && dropped == 0 ? 0 : 1;
            assertEquals(changes, printed(failing, "spans are dropped"));
            assertEquals(changes, printed(failing, "spans are exported again"));
            assertEquals(printed(sound, ""), printed(failing, "") - 2 * changes,
                    () -> "too many messages: " + failing.output());
            return found + "; " + dropped + " spans dropped, " + 2 * changes + " messages";
        }
    }

    private static Service start(Path folder, OtlpReceiver receiver) throws IOException, InterruptedException {
        return Service.start(Files.createDirectory(folder), Service.exportingTo(receiver.endpoint()));
    }

    /** The port may still be in use for a moment, by the old listener or by an outgoing connection. */
    private static <T> T onFreePort(Callable<T> opening) throws Exception {
        for (int tries = 1; ; tries++) {
            try {
                return opening.call();
            } catch (BindException e) {
                if (tries == 50) {
                    throw e;
                }
                Thread.sleep(100);
            }
        }
    }

    private static Clients.Summary[] serve(Service one, Service other, Duration duration) throws InterruptedException {
        try (var ones = new Clients(one.port(), 2, Duration.ofMillis(2));
                var others = new Clients(other.port(), 2, Duration.ofMillis(2))) {
            Thread.sleep(duration);
            return new Clients.Summary[] {ones.stop(), others.stop()};
        }
    }

    private static long megabytes(Service service) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(service.process().pid()), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024).findFirst().orElseThrow();
    }

    private static long millisUntilSpansArrive(Service service, OtlpReceiver receiver) throws Exception {
        long since = System.currentTimeMillis();
        try (var clients = new Clients(service.port(), 1, Duration.ofMillis(20))) {
            Wait.until("a span after the recovery", service, () -> receiver.all().stream()
                    .anyMatch(span -> span.getStartTimeUnixNano() / 1_000_000 > since));
            long millis = System.currentTimeMillis() - since;
            assertTrue(millis < MAX_MILLIS_TO_RECOVER, () -> "spans arrive after " + millis + " ms");
            clients.stop();
            return millis;
        }
    }

    /** The number of messages with these words: the larger of the counts on the console and in the log. */
    private static long printed(Service service, String words) throws IOException {
        long onConsole = service.output().stream().filter(line -> line.contains(words)).count();
        long inLog = service.lines().stream().filter(line -> !"http".equals(line.get("logger"))
                && line.get("message").toString().contains(words)).count();
        return Math.max(onConsole, inLog);
    }
}
