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
import java.util.concurrent.atomic.AtomicReference;

/** Kinds of hostile clients, each with the number of clients at once. */
enum HostileClients {
    /** Headers that arrive one byte at a time and never end. */
    SLOWLORIS(200) {
        @Override
        void connected(Socket socket, Crowd crowd) throws IOException, InterruptedException {
            OutputStream out = socket.getOutputStream();
            out.write(bytes("GET /menu HTTP/1.1\r\nHost: a\r\nX-Slow: "));
            crowd.started();
            while (!crowd.stopped) {
                Thread.sleep(200);
                out.write('x');
            }
        }
    },
    /** Requests the page many times and reads one byte every half second. */
    SLOW_READERS(20) {
        @Override
        void connected(Socket socket, Crowd crowd) throws IOException, InterruptedException {
            crowd.started();
            // More responses than the socket buffers hold.
            socket.getOutputStream().write(bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(5_000)));
            InputStream in = socket.getInputStream();
            while (!crowd.stopped && in.read() >= 0) {
                Thread.sleep(500);
            }
        }
    },
    /** Connects and sends nothing. */
    IDLE(10_000) {
        @Override
        void connected(Socket socket, Crowd crowd) throws IOException {
            crowd.started();
            assertTrue(socket.getInputStream().read() < 0, "a response without a request");
        }
    },
    /** One megabyte of headers. */
    GIANT_HEADERS(8) {
        @Override
        void connected(Socket socket, Crowd crowd) throws IOException {
            crowd.started();
            OutputStream out = socket.getOutputStream();
            out.write(bytes("GET /menu HTTP/1.1\r\nHost: a\r\nX-Giant: " + "y".repeat(1 << 20) + "\r\n\r\n"));
            crowd.rejected(readStatus(socket));
        }
    },
    /** A chunked body without an end. */
    ENDLESS_BODIES(8) {
        @Override
        void connected(Socket socket, Crowd crowd) throws IOException {
            crowd.started();
            OutputStream out = socket.getOutputStream();
            out.write(bytes("POST /orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
            byte[] chunk = bytes("1000\r\n" + "x".repeat(4096) + "\r\n");
            for (int i = 0; i < 100_000 && !crowd.stopped; i++) {
                out.write(chunk);
            }
            assertTrue(crowd.stopped, "the service read 400 MB");
        }
    },
    /** A hundred requests in one packet; a hundred responses must follow. */
    PIPELINING(8) {
        @Override
        void connected(Socket socket, Crowd crowd) throws IOException {
            crowd.started();
            socket.getOutputStream().write(bytes("GET /menu HTTP/1.1\r\nHost: a\r\n\r\n".repeat(99)
                    + "GET /menu HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
            String responses = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            crowd.responded(responses.split("HTTP/1.1 200 ", -1).length - 1, 100);
        }
    },
    /** Closes its sending side: after a whole request, which gets its response, or in the middle of one. */
    HALF_CLOSED(50) {
        @Override
        void connected(Socket socket, Crowd crowd) throws IOException {
            crowd.started();
            boolean whole = crowd.connections.get() % 2 == 0;
            socket.getOutputStream().write(bytes("GET /menu HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                    + (whole ? "\r\n" : "")));
            socket.shutdownOutput();
            // The JDK's server accepts the end of the stream as the missing blank line; the drill checks that
            // nothing hangs.
            boolean ok = readStatus(socket).equals("HTTP/1.1 200");
            if (whole) {
                crowd.responded(ok ? 1 : 0, 1);
            }
        }
    };

    private final int count;

    HostileClients(int count) {
        this.count = count;
    }

    /** What one client does with a fresh connection. An IOException means that the server closed the connection. */
    abstract void connected(Socket socket, Crowd crowd) throws IOException, InterruptedException;

    Crowd start(int port) {
        return new Crowd(this, port);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The start of a response; empty when the server closed the connection. */
    private static String readStatus(Socket socket) throws IOException {
        return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
    }

    /** All clients of one kind. Each connects again as soon as its connection ends, until this is closed. */
    static final class Crowd implements AutoCloseable {
        private static final int MAX_SECONDS_TO_START = 30;

        private final HostileClients kind;
        private final CountDownLatch started;
        private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
        private final AtomicLong connections = new AtomicLong();
        private final AtomicLong closedByServer = new AtomicLong();
        private final AtomicLong responses = new AtomicLong();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private volatile boolean stopped;

        private Crowd(HostileClients kind, int port) {
            this.kind = kind;
            started = new CountDownLatch(kind.count);
            for (int i = 0; i < kind.count; i++) {
                Thread.ofVirtual().start(() -> {
                    while (!stopped) {
                        connect(port);
                    }
                });
            }
        }

        private void connect(int port) {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                sockets.add(socket);
                connections.incrementAndGet();
                if (!stopped) {
                    kind.connected(socket, this);
                }
                sockets.remove(socket);
            } catch (IOException e) {
                closedByServer.incrementAndGet();
            } catch (InterruptedException | AssertionError e) {
                failure.set(e);
            }
        }

        void started() {
            started.countDown();
        }

        /** Asserts a 4xx, or a connection that was closed without a response. */
        void rejected(String status) {
            assertTrue(stopped || status.isEmpty() || status.startsWith("HTTP/1.1 4"), status);
            closedByServer.incrementAndGet();
        }

        void responded(int count, int expected) {
            assertTrue(stopped || count == expected, () -> "expected " + expected + " responses, were " + count);
            responses.addAndGet(count);
        }

        void awaitStarted() throws InterruptedException {
            assertTrue(started.await(MAX_SECONDS_TO_START, TimeUnit.SECONDS), "cannot connect: " + started);
        }

        String summary() {
            assertNull(failure.get());
            return "%d hostile clients, %d connections, %d closed by the service, %d responses".formatted(kind.count,
                    connections.get(), closedByServer.get(), responses.get());
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
