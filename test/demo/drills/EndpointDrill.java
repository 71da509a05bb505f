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
import java.util.concurrent.Callable;

/**
 * The OTLP endpoint is down, slow or silent, and recovers. Meanwhile requests are not disturbed and memory grows by the
 * agent's queue only. Each change is reported once, and spans arrive within 15 s after the recovery.
 */
enum EndpointDrill implements Drill {
    /** Connections are refused. */
    DOWN,
    /** Responses are 3 s late. */
    SLOW,
    /** Connections are accepted; no response follows. */
    SILENT;

    private static final double MAX_SECONDS_TO_RECOVER = 15;
    /** The agent's queue of 16,384 spans takes 16 MB; the heap also grows without a failure. */
    private static final long MAX_MORE_MEGABYTES = 64;

    @Override
    public String run(Path folder, long seed) throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/status")), "needs Linux to read the memory of a process");
        var receiver = new OtlpReceiver();
        int port = receiver.port();
        try (Service service = Service.start(folder, Service.exportingTo(receiver.endpoint()))) {
            double before = Clients.p99BeforeFault(service.port());
            long megabytesBefore = megabytes(service);
            if (this == SLOW) {
                receiver.delays(Duration.ofSeconds(3));
            } else {
                receiver.close();
            }
            String found;
            // The kernel accepts connections to a socket whose owner does not call accept().
            try (ServerSocket _ = this != SILENT ? new ServerSocket()
                    : onFreePort(() -> new ServerSocket(port, 50, InetAddress.getLoopbackAddress()))) {
                found = Clients.assertUndisturbed(service.port(), Duration.ofSeconds(30), before);
            }
            long moreMegabytes = megabytes(service) - megabytesBefore;
            receiver.delays(Duration.ZERO);
            double secondsToRecover;
            try (var recovered = this == SLOW ? receiver : onFreePort(() -> new OtlpReceiver(port))) {
                secondsToRecover = secondsUntilSpansArrive(service, recovered);
            }
            found += "; %d MB more; spans arrive after %.1f s; %d spans dropped".formatted(moreMegabytes,
                    secondsToRecover, service.count("trace_spans_failed_total"));
            assertTrue(moreMegabytes < MAX_MORE_MEGABYTES && secondsToRecover < MAX_SECONDS_TO_RECOVER, found);
            long failures = printed(service, "spans are dropped");
            assertTrue(failures == 1 || this == SLOW && failures == 0, () -> service.output().toString());
            Drills.await("the report", service, () -> printed(service, "spans are exported again") == failures);
            return found;
        }
    }

    /** The port may still be in use for a moment, by the old listener or by an outgoing connection. */
    private static <T> T onFreePort(Callable<T> opening) throws Exception {
        for (int tries = 1; ; tries++) {
            try {
                return opening.call();
            } catch (BindException e) {
                assertTrue(tries < 50, e::toString);
                Thread.sleep(100);
            }
        }
    }

    private static long megabytes(Service service) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(service.process().pid()), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024).findFirst().orElseThrow();
    }

    private static double secondsUntilSpansArrive(Service service, OtlpReceiver receiver) throws Exception {
        long since = System.currentTimeMillis();
        Drills.await("a span after the recovery", service, () -> {
            service.get("/menu");
            return receiver.all().stream().anyMatch(span -> span.getStartTimeUnixNano() / 1_000_000 > since);
        });
        return (System.currentTimeMillis() - since) / 1e3;
    }

    private static long printed(Service service, String words) {
        return service.output().stream().filter(line -> line.contains(words)).count();
    }
}
