package demo.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Keep-alive connections that request one path: as fast as responses arrive (a closed loop), or at fixed times. At
 * fixed times a latency counts from the moment the request was due, so that a stall also counts for the requests
 * behind it.
 *
 * <p>A response other than 200 stops the load; {@link #close} throws.
 */
final class Load implements AutoCloseable {
    private static final long MAX_NANOS_TO_CONNECT = 10_000_000_000L;

    private final List<Thread> clients = new ArrayList<>();
    private volatile Latencies latencies = new Latencies();
    private volatile boolean stopped;
    private volatile IOException failure;

    static Load closedLoop(int port, String path, int connections) {
        return new Load(port, path, connections, 0);
    }

    static Load atFixedTimes(int port, String path, int connections, double perSecond) {
        return new Load(port, path, connections, (long) (1e9 * connections / perSecond));
    }

    /** @param periodNanos between two requests of one connection; 0 for a closed loop */
    private Load(int port, String path, int connections, long periodNanos) {
        long first = System.nanoTime();
        for (int i = 0; i < connections; i++) {
            long due = first + periodNanos * i / connections;
            clients.add(Thread.ofVirtual().start(() -> {
                try (Socket socket = connect(port)) {
                    send(socket, request(path), due, periodNanos);
                } catch (IOException e) {
                    failure = e;
                    stopped = true;
                }
            }));
        }
    }

    static byte[] request(String path) {
        return ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    /** Returns the latencies since the last call. */
    Latencies take() {
        Latencies taken = latencies;
        latencies = new Latencies();
        return taken;
    }

    private void send(Socket socket, byte[] request, long firstDue, long periodNanos) throws IOException {
        byte[] buffer = new byte[16 * 1024];
        for (long due = firstDue; !stopped; due += periodNanos) {
            while (periodNanos > 0 && due - System.nanoTime() > 0) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            long from = periodNanos > 0 ? due : System.nanoTime();
            socket.getOutputStream().write(request);
            readResponse(socket.getInputStream(), buffer);
            latencies.add(System.nanoTime() - from);
        }
    }

    /** Retries until the server listens, which may be after it printed its port. */
    static Socket connect(int port) throws IOException {
        long deadline = System.nanoTime() + MAX_NANOS_TO_CONNECT;
        while (true) {
            try {
                var socket = new Socket(InetAddress.getLoopbackAddress(), port);
                socket.setTcpNoDelay(true);
                return socket;
            } catch (ConnectException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.yield();
            }
        }
    }

    /** Reads one response with a Content-Length to its end; its headers must fit into the buffer. */
    static void readResponse(InputStream in, byte[] buffer) throws IOException {
        int length = 0;
        int body = 0;
        while (body == 0) {
            int read = in.read(buffer, length, buffer.length - length);
            if (read <= 0) {
                throw new EOFException("the server closed the connection");
            }
            length += read;
            for (int i = 3; i < length && body == 0; i++) {
                body = buffer[i] == '\n' && buffer[i - 2] == '\n' ? i + 1 : 0;
            }
        }
        var headers = new String(buffer, 0, body, StandardCharsets.ISO_8859_1);
        int at = headers.indexOf("ength:"); // matches Content-Length and content-length
        if (!headers.startsWith("HTTP/1.1 200") || at < 0) {
            throw new IOException("expected a 200 with a Content-Length, was " + headers.lines().findFirst());
        }
        int end = headers.indexOf('\r', at);
        in.skipNBytes(body + Integer.parseInt(headers.substring(at + 6, end).strip()) - length);
    }

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
