package demo.drills;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
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
            threads.add(Thread.ofPlatform().name("client-" + i).start(this::run));
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
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(TIMEOUT_MILLIS);
                while (!stopped) {
                    long startNanos = System.nanoTime();
                    socket.getOutputStream().write(REQUEST);
                    readResponse(socket.getInputStream());
                    latencies.add(System.nanoTime() - startNanos);
                    LockSupport.parkNanos(pause.toNanos());
                }
            } catch (IOException e) {
                failures.add(e.toString());
                LockSupport.parkNanos(pause.toNanos());
            }
        }
    }

    private static void readResponse(InputStream in) throws IOException {
        String status = readLine(in);
        if (!status.startsWith("HTTP/1.1 200 ")) {
            throw new IOException("expected 200, was " + status);
        }
        int length = 0;
        for (String header = readLine(in); !header.isEmpty(); header = readLine(in)) {
            if (header.regionMatches(true, 0, "Content-Length:", 0, 15)) {
                length = Integer.parseInt(header.substring(15).strip());
            }
        }
        in.skipNBytes(length);
    }

    private static String readLine(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the connection was closed before the response ended");
            }
            line.append((char) c);
        }
        return line.toString().stripTrailing();
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
