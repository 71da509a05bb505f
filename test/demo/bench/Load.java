package demo.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Keep-alive connections that ask for one path: as fast as they are answered, or at fixed times. A wait at fixed times
 * counts from when the request was due, so that a stall is not hidden by the requests that it held up.
 *
 * <p>Any answer but 200 ends it, which {@link #close} tells.
 */
final class Load implements AutoCloseable {
    private static final byte[] CONTENT_LENGTH = "\ncontent-length:".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] OK = "HTTP/1.1 200".getBytes(StandardCharsets.US_ASCII);
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private final int port;
    private final byte[] request;
    private final List<Thread> clients = new ArrayList<>();
    private volatile Latencies latencies = new Latencies();
    private volatile boolean stopped;
    private volatile IOException failure;

    private Load(int port, String path) {
        this.port = port;
        request = ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    static Load asFastAsAnswered(int port, String path, int connections) {
        return new Load(port, path).start(connections, 0);
    }

    static Load atFixedTimes(int port, String path, int connections, double perSecond) {
        return new Load(port, path).start(connections, (long) (1e9 * connections / perSecond));
    }

    private Load start(int connections, long periodNanos) {
        long first = System.nanoTime();
        for (int i = 0; i < connections; i++) {
            long due = first + periodNanos * i / connections;
            clients.add(Thread.ofVirtual().start(() -> {
                try {
                    ask(due, periodNanos);
                } catch (IOException e) {
                    failure = e;
                    stopped = true;
                }
            }));
        }
        return this;
    }

    /** Starts counting anew; what was counted until now. */
    Latencies take() {
        Latencies taken = latencies;
        latencies = new Latencies();
        return taken;
    }

    private void ask(long firstDue, long periodNanos) throws IOException {
        try (Socket socket = connected(port)) {
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            byte[] answer = new byte[16 * 1024];
            for (long due = firstDue; !stopped; due += periodNanos) {
                for (long left = due - System.nanoTime(); periodNanos > 0 && left > 0; left = due - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                long from = periodNanos > 0 ? due : System.nanoTime();
                out.write(request);
                readAnswer(in, answer);
                latencies.add(System.nanoTime() - from);
            }
        }
    }

    /** Tries until the server, which may say its port before it listens, is there. */
    static Socket connected(int port) throws IOException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try {
                var socket = new Socket(InetAddress.getLoopbackAddress(), port);
                socket.setTcpNoDelay(true);
                return socket;
            } catch (ConnectException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                Thread.yield();
            }
        }
    }

    /** Reads one answer with a Content-Length to its end. */
    static void readAnswer(InputStream in, byte[] into) throws IOException {
        int length = 0;
        int body = -1;
        while (body < 0) {
            int read = in.read(into, length, into.length - length);
            if (read < 0) {
                throw new EOFException("the server closed the connection");
            }
            length += read;
            body = afterHead(into, length);
        }
        if (!startsWith(into, 0, OK)) {
            throw new IOException("expected HTTP/1.1 200, was " + new String(into, 0, Math.min(length, 40),
                    StandardCharsets.US_ASCII).lines().findFirst().orElse(""));
        }
        in.skipNBytes(body + contentLength(into, body) - length);
    }

    private static int afterHead(byte[] bytes, int length) {
        for (int i = 3; i < length; i++) {
            if (bytes[i] == '\n' && bytes[i - 2] == '\n') {
                return i + 1;
            }
        }
        return -1;
    }

    private static int contentLength(byte[] bytes, int head) throws IOException {
        for (int i = 0; i < head - CONTENT_LENGTH.length; i++) {
            if (bytes[i] == '\n' && startsWith(bytes, i, CONTENT_LENGTH)) {
                int value = 0;
                for (int at = i + CONTENT_LENGTH.length; bytes[at] != '\r'; at++) {
                    value = bytes[at] == ' ' ? value : value * 10 + bytes[at] - '0';
                }
                return value;
            }
        }
        throw new IOException("expected an answer with a Content-Length");
    }

    /** Letters of either case; the prefix in small ones. */
    private static boolean startsWith(byte[] bytes, int at, byte[] prefix) {
        for (int i = 0; i < prefix.length; i++) {
            int b = bytes[at + i];
            if (b != prefix[i] && Character.toLowerCase(b) != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    /** Ends the clients. */
    @Override
    public void close() throws IOException {
        stopped = true;
        try {
            for (Thread client : clients) {
                client.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            throw failure;
        }
    }
}
