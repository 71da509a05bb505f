package demo.drills;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** Ways in which clients harm a server, on purpose or because they are ill made; each by a crowd of them. */
enum Hostility {
    /** Headers a byte at a time, which never end. */
    SLOWLORIS(200) {
        @Override
        void visit(Socket socket, Crowd crowd) throws IOException, InterruptedException {
            OutputStream out = socket.getOutputStream();
            out.write(bytes("GET /menu HTTP/1.1\r\nHost: a\r\nX-Slow: "));
            crowd.present();
            while (crowd.stays()) {
                Thread.sleep(200);
                out.write('x');
            }
        }
    },
    /** Asks for the page many times over and reads a byte of it now and then. */
    SLOW_READERS(20) {
        @Override
        void visit(Socket socket, Crowd crowd) throws IOException, InterruptedException {
            crowd.present();
            // More than the system takes on behalf of one who reads nothing.
            socket.getOutputStream().write(bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(5_000)));
            InputStream in = socket.getInputStream();
            while (crowd.stays() && in.read() >= 0) {
                Thread.sleep(500);
            }
        }
    },
    /** Connected, and nothing more. */
    IDLE(10_000) {
        @Override
        void visit(Socket socket, Crowd crowd) throws IOException, InterruptedException {
            crowd.present();
            if (socket.getInputStream().read() >= 0) {
                throw new AssertionError("an answer without a request");
            }
        }
    },
    /** A megabyte of headers. */
    GIANT_HEADERS(8) {
        @Override
        void visit(Socket socket, Crowd crowd) throws IOException {
            crowd.present();
            socket.getOutputStream().write(bytes("GET /menu HTTP/1.1\r\nHost: a\r\nX-Giant: " + "y".repeat(1 << 20)));
            socket.getOutputStream().write(bytes("\r\n\r\n"));
            crowd.refused(readStatus(socket));
        }
    },
    /** A chunked body that goes on as long as it is taken. */
    ENDLESS_BODIES(8) {
        @Override
        void visit(Socket socket, Crowd crowd) throws IOException {
            crowd.present();
            OutputStream out = socket.getOutputStream();
            out.write(bytes("POST /orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
            byte[] chunk = bytes("1000\r\n" + "x".repeat(4096) + "\r\n");
            for (int i = 0; i < 100_000 && crowd.stays(); i++) {
                out.write(chunk);
            }
            assertTrue(!crowd.stays(), "400 MB were taken");
        }
    },
    /** A hundred requests in one packet; a hundred answers in their order. */
    PIPELINING(8) {
        @Override
        void visit(Socket socket, Crowd crowd) throws IOException {
            crowd.present();
            socket.getOutputStream().write(bytes("GET /menu HTTP/1.1\r\nHost: a\r\n\r\n".repeat(99)
                    + "GET /menu HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
            String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            crowd.answered(answers.split("HTTP/1.1 200 ", -1).length - 1, 100);
        }
    },
    /** Says that it has said everything, after a whole request, which is answered, or after half of one. */
    HALF_CLOSED(50) {
        @Override
        void visit(Socket socket, Crowd crowd) throws IOException {
            crowd.present();
            boolean whole = crowd.visits.get() % 2 == 0;
            socket.getOutputStream().write(bytes("GET /menu HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                    + (whole ? "\r\n" : "")));
            socket.shutdownOutput();
            // The JDK's server takes the end for the blank line that is missing; what counts is that nothing hangs.
            boolean answered = readStatus(socket).equals("HTTP/1.1 200");
            if (whole) {
                crowd.answered(answered ? 1 : 0, 1);
            }
        }
    };

    private final int count;

    Hostility(int count) {
        this.count = count;
    }

    /** One client, on a fresh connection, again and again; an IOException is the server's answer to it. */
    abstract void visit(Socket socket, Crowd crowd) throws IOException, InterruptedException;

    Crowd towards(int port) {
        return new Crowd(this, port);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The start of an answer; empty when the server only closed. */
    private static String readStatus(Socket socket) throws IOException {
        return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
    }

    /** So many of them, each coming back as soon as it has been sent away, until this is closed. */
    static final class Crowd implements AutoCloseable {
        private static final int PATIENCE_SECONDS = 30;

        private final Hostility hostility;
        private final int port;
        private final CountDownLatch arrivals;
        private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
        private final AtomicLong visits = new AtomicLong();
        private final AtomicLong cut = new AtomicLong();
        private final AtomicLong answers = new AtomicLong();
        private final AtomicReference<Throwable> broken = new AtomicReference<>();
        private volatile boolean ended;

        private Crowd(Hostility hostility, int port) {
            this.hostility = hostility;
            this.port = port;
            arrivals = new CountDownLatch(hostility.count);
            for (int i = 0; i < hostility.count; i++) {
                Thread.ofVirtual().start(this::comeAgainAndAgain);
            }
        }

        private void comeAgainAndAgain() {
            while (!ended) {
                var socket = new Socket();
                sockets.add(socket);
                try (socket) {
                    if (ended) {
                        return;
                    }
                    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                    visits.incrementAndGet();
                    hostility.visit(socket, this);
                } catch (IOException e) {
                    // The server has had enough, or it is over.
                    cut.incrementAndGet();
                } catch (InterruptedException | AssertionError e) {
                    broken.set(e);
                } finally {
                    sockets.remove(socket);
                }
            }
        }

        boolean stays() {
            return !ended;
        }

        /** One of them has begun. */
        void present() {
            arrivals.countDown();
        }

        /** An answer that says no, or nothing at all. */
        void refused(String status) {
            assertTrue(ended || status.isEmpty() || status.startsWith("HTTP/1.1 4"), status);
            cut.incrementAndGet();
        }

        void answered(int count, int expected) {
            assertTrue(ended || count == expected, () -> expected + " answers expected, were " + count);
            answers.addAndGet(count);
        }

        void awaitPresent() throws InterruptedException {
            assertTrue(arrivals.await(PATIENCE_SECONDS, TimeUnit.SECONDS), "they did not get in: " + arrivals);
        }

        /** What became of them so far. */
        String found() {
            assertNull(broken.get());
            return "%d clients, %d visits, %d cut off, %d answers".formatted(hostility.count, visits.get(), cut.get(),
                    answers.get());
        }

        /** They notice by their sockets; nobody waits for the last of them. */
        @Override
        public void close() throws IOException {
            ended = true;
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
