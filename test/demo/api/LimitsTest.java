package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a client may take of the service, in raw bytes on a real socket. */
class LimitsTest {
    private static final Duration BOUND = Duration.ofSeconds(15);

    @TempDir
    static Path folder;

    static Service service;

    @BeforeAll
    static void start() throws Exception {
        service = Service.start(folder, Map.of("HTTP_TIMEOUT", "1s", "HTTP_MAX_CONNECTIONS", "20"));
    }

    @AfterAll
    static void stop() throws Exception {
        service.close();
    }

    @Test
    void aClientThatDoesNotFinishItsHeadersIsLeft() {
        assertTimeoutPreemptively(BOUND, () -> {
            try (var client = connected("GET /menu HTTP/1.1\r\nHost: a\r\nX-Slow: ")) {
                assertEquals(-1, firstByte(client));
            }
        });
        assertServes();
    }

    @Test
    void aClientThatDoesNotFinishItsBodyIsLeftAndLogged() {
        assertTimeoutPreemptively(BOUND, () -> {
            try (var client = connected("POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{\"item\"")) {
                assertEquals(-1, firstByte(client));
            }
            while (service.lines().stream().noneMatch(line -> "client_disconnected".equals(line.get("error_type")))) {
                Thread.onSpinWait();
            }
        });
        assertServes();
    }

    @Test
    void headersThatAreTooLargeOrTooManyAreRefused() {
        assertTimeoutPreemptively(BOUND, () -> {
            try (var large = connected("GET /menu HTTP/1.1\r\nHost: a\r\nX: " + "y".repeat(66_000) + "\r\n\r\n");
                    var many = connected("GET /menu HTTP/1.1\r\nHost: a\r\n" + "X: y\r\n".repeat(3_000) + "\r\n")) {
                assertRefused(large);
                assertRefused(many);
            }
        });
        assertServes();
    }

    @Test
    void aBodyWithoutEndIsRefusedWhileItIsBeingSent() {
        assertTimeoutPreemptively(BOUND, () -> {
            try (var client = connected("POST /orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")) {
                byte[] chunk = ("1000\r\n" + "x".repeat(4096) + "\r\n").getBytes(StandardCharsets.US_ASCII);
                int sent = 0;
                try {
                    for (; sent < 10_000; sent++) {
                        client.getOutputStream().write(chunk);
                    }
                } catch (SocketException e) {
                    // Closed on us: as it should be.
                }
                assertTrue(sent < 10_000, "40 MB were taken");
            }
        });
        assertServes();
    }

    @Test
    void connectionsPastTheBoundAreClosedAndTheRestServed() {
        assertTimeoutPreemptively(BOUND, () -> {
            List<Socket> clients = new ArrayList<>();
            try {
                boolean closed = false;
                for (int i = 0; i < 40 && !closed; i++) {
                    var client = connected("");
                    client.setSoTimeout(100);
                    clients.add(client);
                    try {
                        closed = client.getInputStream().read() == -1;
                    } catch (java.net.SocketTimeoutException e) {
                        // Accepted, and waited for.
                    } catch (SocketException e) {
                        closed = true;
                    }
                }
                assertTrue(closed, "40 connections were taken");
            } finally {
                for (Socket client : clients) {
                    client.close();
                }
            }
        });
        assertServes();
    }

    private static Socket connected(String request) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), service.port());
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** -1 when the server closed or reset. */
    private static int firstByte(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read();
        } catch (SocketException e) {
            return -1;
        }
    }

    /** Closed, or answered with an error. */
    private static void assertRefused(Socket socket) throws IOException {
        String answer;
        try {
            answer = new String(socket.getInputStream().readNBytes(10), StandardCharsets.US_ASCII);
        } catch (SocketException e) {
            return;
        }
        assertTrue(answer.isEmpty() || answer.startsWith("HTTP/1.1 4"), answer);
    }

    private static void assertServes() {
        assertTimeoutPreemptively(BOUND, () -> {
            while (true) {
                try {
                    assertEquals(200, service.get("/menu").statusCode());
                    return;
                } catch (IOException e) {
                    // The connections of the test before are still being let go.
                }
            }
        });
    }
}
