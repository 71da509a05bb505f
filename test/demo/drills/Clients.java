package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Well-behaved clients that run during a drill. Each requests the menu on its own keep-alive connection, with a
 * pause after each response. Raw sockets, because {@code HttpClient} would retry a failed request silently.
 */
final class Clients implements AutoCloseable {
    private static final byte[] REQUEST =
            "GET /menu HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int TIMEOUT_MILLIS = 20_000;
    private static final double MAX_P99_MILLIS = 100;

    private final int port;
    private final Duration pause;
    private final List<Thread> threads = new ArrayList<>();
    private final ConcurrentLinkedQueue<Long> latencies = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private volatile boolean stopped;

    Clients(int port, int count, Duration pause) {
        this.port = port;
        this.pause = pause;
        for (int i = 0; i < count; i++) {
            threads.add(Thread.ofPlatform().start(this::run));
        }
    }

    /** @param latencies in nanoseconds, sorted; one for each response */
    record Summary(long[] latencies, List<String> failures) {
        int responses() {
            return latencies.length;
        }

        /** The latency at this share of all, 0.5 for the median. */
        double millis(double share) {
            return latencies.length == 0 ? Double.NaN
                    : latencies[(int) Math.min(latencies.length - 1, latencies.length * share)] / 1e6;
        }
    }

    private void run() {
        while (!stopped) {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), port);
                    var in = new BufferedReader(new InputStreamReader(socket.getInputStream(),
                            StandardCharsets.ISO_8859_1))) {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(TIMEOUT_MILLIS);
                while (!stopped) {
                    long startNanos = System.nanoTime();
                    socket.getOutputStream().write(REQUEST);
                    readResponse(in);
                    latencies.add(System.nanoTime() - startNanos);
                    LockSupport.parkNanos(pause.toNanos());
                }
            } catch (IOException e) {
                failures.add(e.toString());
                LockSupport.parkNanos(pause.toNanos());
            }
        }
    }

    private static void readResponse(BufferedReader in) throws IOException {
        String status = in.readLine();
        if (status == null || !status.startsWith("HTTP/1.1 200 ")) {
            throw new IOException("expected 200, was " + status);
        }
        int length = 0;
        for (String header = in.readLine(); header != null && !header.isEmpty(); header = in.readLine()) {
            if (header.regionMatches(true, 0, "Content-Length:", 0, 15)) {
                length = Integer.parseInt(header.substring(15).strip());
            }
        }
        for (int i = 0; i < length; i++) {
            if (in.read() < 0) {
                throw new EOFException("the connection was closed before the response ended");
            }
        }
    }

    /** The 99th percentile in milliseconds without a failure. Skips the drill if the machine is too busy. */
    static double p99BeforeFault(int port) throws InterruptedException {
        double before = run(port, Duration.ofSeconds(5)).millis(0.99);
        assumeTrue(before < MAX_P99_MILLIS / 2, () -> "the machine is too busy: p99 %.1f ms".formatted(before));
        return before;
    }

    /** Every request of four clients succeeds, 99 of 100 within 100 ms. Returns what was counted. */
    static String assertUndisturbed(int port, Duration duration, double p99Before) throws InterruptedException {
        Summary during = run(port, duration);
        String found = "%d requests, p99 %.1f ms (before: %.1f)".formatted(during.responses(), during.millis(0.99),
                p99Before);
        assertEquals(List.of(), during.failures(), found);
        assertTrue(during.millis(0.99) < MAX_P99_MILLIS, found);
        return found;
    }

    private static Summary run(int port, Duration duration) throws InterruptedException {
        try (var clients = new Clients(port, 4, Duration.ofMillis(5))) {
            Thread.sleep(duration);
            return clients.stop();
        }
    }

    /** Stops each client after the response that it waits for. */
    Summary stop() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join();
        }
        return new Summary(latencies.stream().mapToLong(Long::longValue).sorted().toArray(), List.copyOf(failures));
    }

    @Override
    public void close() {
        stopped = true;
    }
}
