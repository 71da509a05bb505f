package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.api.Service;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Hostile and well-behaved clients at the same time: one drill for each kind of hostile clients. Every well-behaved
 * request succeeds, 99 of 100 within 100 ms.
 */
enum HostileClients implements Drill {
    /** Headers that arrive one byte at a time and never end. */
    SLOWLORIS(200, socket -> {
        OutputStream out = socket.getOutputStream();
        out.write(bytes("GET /menu HTTP/1.1\r\nHost: a\r\nX-Slow: "));
        while (true) {
            Thread.sleep(200);
            out.write('x');
        }
    }),
    /** Requests the page many times and reads one byte every half second. */
    SLOW_READERS(20, socket -> {
        // More responses than the socket buffers hold.
        socket.getOutputStream().write(bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(5_000)));
        InputStream in = socket.getInputStream();
        while (in.read() >= 0) {
            Thread.sleep(500);
        }
    }),
    /** Connects and sends nothing. */
    IDLE(10_000, socket -> assertTrue(socket.getInputStream().read() < 0, "a response without a request")),
    /** One megabyte of headers: status 4xx, or a connection that is closed without a response. */
    GIANT_HEADERS(8, socket -> {
        socket.getOutputStream().write(
                bytes("GET /menu HTTP/1.1\r\nHost: a\r\nX-Giant: " + "y".repeat(1 << 20) + "\r\n\r\n"));
        String status = status(socket);
        assertTrue(status.isEmpty() || status.startsWith("HTTP/1.1 4"), status);
    }),
    /** A chunked body without an end. */
    ENDLESS_BODIES(8, socket -> {
        OutputStream out = socket.getOutputStream();
        out.write(bytes("POST /orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
        byte[] chunk = bytes("1000\r\n" + "x".repeat(4096) + "\r\n");
        for (int i = 0; i < 100_000; i++) {
            out.write(chunk);
        }
        throw new AssertionError("the service read 400 MB");
    });

    /** What one client does with a new connection. An IOException means that one of the two sides closed it. */
    private interface Behaviour {
        void connected(Socket socket) throws IOException, InterruptedException;
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

    @Override
    public String run(Path folder, long seed) throws Exception {
        try (var service = Service.start(folder, Map.of("HTTP_TIMEOUT", "5s", "HTTP_MAX_CONNECTIONS", "20000"))) {
            double before = Clients.p99BeforeFault(service.port());
            String found;
            var crowd = new Crowd(this, service.port());
            try (crowd) {
                found = Clients.assertUndisturbed(service.port(), Duration.ofSeconds(10), before);
            }
            Drills.await("the end of the hostile requests", service,
                    () -> service.count("http_server_active_requests") <= 1);
            assertNull(crowd.failure);
            assertEquals(0, service.lines().stream().filter(line -> "ERROR".equals(line.get("level"))).count());
            return count + " hostile clients, " + crowd.connections + " connections; others: " + found;
        }
    }

    /** All clients of one kind. Each connects again when its connection ends, until the crowd is closed. */
    private static final class Crowd implements AutoCloseable {
        private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
        private final AtomicLong connections = new AtomicLong();
        private volatile Throwable failure;
        private volatile boolean stopped;

        /** Returns when each client has connected. */
        Crowd(HostileClients kind, int port) throws InterruptedException {
            var started = new CountDownLatch(kind.count);
            for (int i = 0; i < kind.count; i++) {
                Thread.ofVirtual().start(() -> {
                    while (!stopped) {
                        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                            sockets.add(socket);
                            connections.incrementAndGet();
                            started.countDown();
                            if (!stopped) {
                                kind.behaviour.connected(socket);
                            }
                            sockets.remove(socket);
                        } catch (IOException e) {
                            // The client connects again.
                        } catch (InterruptedException | AssertionError e) {
                            failure = e;
                        }
                    }
                });
            }
            assertTrue(started.await(30, TimeUnit.SECONDS), () -> "cannot connect: " + started);
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
