package demo.drills;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Kinds of hostile clients, each with the number of clients at once. */
enum HostileClients {
    /** Headers that arrive one byte at a time and never end. */
    SLOWLORIS(200, (socket, crowd) -> {
        OutputStream out = socket.getOutputStream();
        out.write(bytes("GET /menu HTTP/1.1\r\nHost: a\r\nX-Slow: "));
        while (!crowd.stopped) {
            Thread.sleep(200);
            out.write('x');
        }
    }),
    /** Requests the page many times and reads one byte every half second. */
    SLOW_READERS(20, (socket, crowd) -> {
        // More responses than the socket buffers hold.
        socket.getOutputStream().write(bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(5_000)));
        InputStream in = socket.getInputStream();
        while (!crowd.stopped && in.read() >= 0) {
            Thread.sleep(500);
        }
    }),
    /** Connects and sends nothing. */
    IDLE(10_000, (socket, _) -> assertTrue(socket.getInputStream().read() < 0, "a response without a request")),
    /** One megabyte of headers: status 4xx, or a connection that is closed without a response. */
    GIANT_HEADERS(8, (socket, crowd) -> {
        socket.getOutputStream().write(
                bytes("GET /menu HTTP/1.1\r\nHost: a\r\nX-Giant: " + "y".repeat(1 << 20) + "\r\n\r\n"));
        String status = status(socket);
        assertTrue(crowd.stopped || status.isEmpty() || status.startsWith("HTTP/1.1 4"), status);
    }),
    /** A chunked body without an end. */
    ENDLESS_BODIES(8, (socket, crowd) -> {
        OutputStream out = socket.getOutputStream();
        out.write(bytes("POST /orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
        byte[] chunk = bytes("1000\r\n" + "x".repeat(4096) + "\r\n");
        for (int i = 0; i < 100_000 && !crowd.stopped; i++) {
            out.write(chunk);
        }
        assertTrue(crowd.stopped, "the service read 400 MB");
    }),
    /** A hundred requests in one packet; a hundred responses must follow. */
    PIPELINING(8, (socket, crowd) -> {
        socket.getOutputStream().write(bytes("GET /menu HTTP/1.1\r\nHost: a\r\n\r\n".repeat(99)
                + "GET /menu HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
        String responses = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertTrue(crowd.stopped || responses.split("HTTP/1.1 200 ", -1).length == 101, responses);
    }),
    /** Closes its sending side: after a whole request, which gets its response, or in the middle of one. */
    HALF_CLOSED(50, (socket, crowd) -> {
        boolean whole = crowd.connections.get() % 2 == 0;
        socket.getOutputStream().write(bytes("GET /menu HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                + (whole ? "\r\n" : "")));
        socket.shutdownOutput();
        // The JDK's server accepts the end of the stream as the missing blank line. Nothing may hang.
        String status = status(socket);
        assertTrue(crowd.stopped || !whole || status.equals("HTTP/1.1 200"), status);
    });

    /** What one client does with a new connection. An IOException means that the server closed the connection. */
    private interface Behaviour {
        void connected(Socket socket, Crowd crowd) throws IOException, InterruptedException;
    }

    private final int count;
    private final Behaviour behaviour;

    HostileClients(int count, Behaviour behaviour) {
        this.count = count;
        this.behaviour = behaviour;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The start of a response; empty when the server closed the connection. */
    private static String status(Socket socket) throws IOException {
        return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
    }

    /** All clients of one kind. Each connects again when its connection ends, until the crowd is closed. */
    static final class Crowd implements AutoCloseable {
        private final HostileClients kind;
        private final CountDownLatch started;
        private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
        private final AtomicLong connections = new AtomicLong();
        private final AtomicLong closedByServer = new AtomicLong();
        private volatile Throwable failure;
        private volatile boolean stopped;

        /** Returns when each client has connected. */
        Crowd(HostileClients kind, int port) throws InterruptedException {
            this.kind = kind;
            started = new CountDownLatch(kind.count);
            for (int i = 0; i < kind.count; i++) {
                Thread.ofVirtual().start(() -> {
                    while (!stopped) {
                        connect(port);
                    }
                });
            }
            assertTrue(started.await(30, TimeUnit.SECONDS), () -> "cannot connect: " + started);
        }

        private void connect(int port) {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                sockets.add(socket);
                connections.incrementAndGet();
                started.countDown();
                if (!stopped) {
                    kind.behaviour.connected(socket, this);
                }
                sockets.remove(socket);
            } catch (IOException e) {
                closedByServer.incrementAndGet();
            } catch (InterruptedException | AssertionError e) {
                failure = e;
            }
        }

        String summary() {
            assertNull(failure);
            return "%d hostile clients, %d connections, %d closed by the service".formatted(kind.count,
                    connections.get(), closedByServer.get());
        }

        @Override
        public void close() throws IOException {
            stopped = true;
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
