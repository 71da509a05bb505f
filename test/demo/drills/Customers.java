package demo.drills;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Who asks for the menu, over and over, while something goes wrong elsewhere: each on a connection of its own that is
 * kept, with a pause after each answer. Counts what they got and how long they waited for it.
 */
final class Customers implements AutoCloseable {
    private static final byte[] REQUEST =
            "GET /menu HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int TIMEOUT_MILLIS = 20_000;

    private final int port;
    private final Duration pause;
    private final List<Thread> threads = new ArrayList<>();
    private final List<String> failures = new ArrayList<>(); // guarded by itself
    private final List<long[]> waits = new ArrayList<>(); // guarded by itself; each thread's, once it has ended
    private volatile boolean ended;

    Customers(int port, int count, Duration pause) {
        this.port = port;
        this.pause = pause;
        for (int i = 0; i < count; i++) {
            threads.add(Thread.ofPlatform().name("customer-" + i).start(this::ask));
        }
    }

    /** What they got, the waits sorted. */
    record Served(long[] waitsNanos, List<String> failures) {
        int answered() {
            return waitsNanos.length;
        }

        double millis(double share) {
            return waitsNanos.length == 0 ? Double.NaN
                    : waitsNanos[(int) Math.min(waitsNanos.length - 1, waitsNanos.length * share)] / 1e6;
        }
    }

    private void ask() {
        long[] mine = new long[1024];
        int count = 0;
        Socket socket = null;
        while (!ended) {
            long startNanos = System.nanoTime();
            try {
                if (socket == null) {
                    socket = new Socket(InetAddress.getLoopbackAddress(), port);
                    socket.setTcpNoDelay(true);
                    socket.setSoTimeout(TIMEOUT_MILLIS);
                }
                socket.getOutputStream().write(REQUEST);
                readAnswer(socket.getInputStream());
                if (count == mine.length) {
                    mine = Arrays.copyOf(mine, count * 2);
                }
                mine[count++] = System.nanoTime() - startNanos;
            } catch (IOException e) {
                synchronized (failures) {
                    failures.add(e.toString());
                }
                closeQuietly(socket);
                socket = null;
            }
            LockSupport.parkNanos(pause.toNanos());
        }
        closeQuietly(socket);
        synchronized (waits) {
            waits.add(Arrays.copyOf(mine, count));
        }
    }

    private static void readAnswer(InputStream in) throws IOException {
        String status = readLine(in);
        if (!status.startsWith("HTTP/1.1 200 ")) {
            throw new IOException("answered " + status);
        }
        int length = 0;
        for (String header = readLine(in); !header.isEmpty(); header = readLine(in)) {
            if (header.regionMatches(true, 0, "Content-Length:", 0, 15)) {
                length = Integer.parseInt(header.substring(15).strip());
            }
        }
        if (in.readNBytes(length).length < length) {
            throw new EOFException("half an answer");
        }
    }

    private static String readLine(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("no answer");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private static void closeQuietly(Socket socket) {
        try {
            if (socket != null) {
                socket.close();
            }
        } catch (IOException e) {
            // It is over either way.
        }
    }

    /** Sends them home, after the answer that each is waiting for. */
    Served leave() throws InterruptedException {
        ended = true;
        for (Thread thread : threads) {
            thread.join();
        }
        synchronized (waits) {
            long[] all = waits.stream().flatMapToLong(Arrays::stream).sorted().toArray();
            return new Served(all, List.copyOf(failures));
        }
    }

    @Override
    public void close() {
        ended = true;
    }
}
