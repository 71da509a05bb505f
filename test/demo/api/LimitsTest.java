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
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The service's limits for one client, in raw bytes on a real socket. This process also shows what is reported when the
 * agent is disabled.
 */
class LimitsTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final int MAX_CONNECTIONS = 20;

    @TempDir
    static Path folder;

    static Service service;
    static int acceptedConnections;

    @BeforeAll
    static void start() throws Exception {
        service = Service.start(folder, Map.of("HTTP_TIMEOUT", "1s", "HTTP_MAX_CONNECTIONS",
                "" + MAX_CONNECTIONS, "OTEL_SDK_DISABLED", "true", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1"));
        // Must run first, while no other connection is open.
        acceptedConnections = acceptedConnections();
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    /** Opens connections until one is closed by the service; each accepted one gets a response. */
    private static int acceptedConnections() throws IOException {
        List<Socket> clients = new ArrayList<>();
        try {
            while (clients.size() < 2 * MAX_CONNECTIONS) {
                var client = connect("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
                clients.add(client);
                if (firstByte(client) == -1) {
                    return clients.size() - 1;
                }
            }
            return clients.size();
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    @Test
    void reportsThatTheAgentIsDisabled() throws Exception {
        service.awaitOutput(line -> line.endsWith("traces are not exported: OTEL_SDK_DISABLED is true"));
    }

    @Test
    void servesExactlyTheMaximumOfConnections() {
        assertEquals(MAX_CONNECTIONS, acceptedConnections);
        assertServes();
    }

    @Test
    void disconnectsAClientThatDoesNotFinishItsHeaders() {
        assertTimeoutPreemptively(TIMEOUT, () -> {
            try (var client = connect("GET /menu HTTP/1.1\r\nHost: a\r\nX-Slow: ")) {
                assertEquals(-1, firstByte(client));
            }
        });
        assertServes();
    }

    @Test
    void disconnectsAndLogsAClientThatDoesNotFinishItsBody() {
        assertTimeoutPreemptively(TIMEOUT, () -> {
            try (var client = connect("POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{\"item\"")) {
                assertEquals(-1, firstByte(client));
            }
            while (service.lines("client_disconnected").isEmpty()) {
                Thread.onSpinWait();
            }
        });
        assertServes();
        assertTimeoutPreemptively(TIMEOUT, () ->
                assertTrue(service.openMetrics().contains("orders_total{outcome=\"aborted\"} 1.0")));
    }

    @Test
    void servesTheCookiesOfAllLocalhostPages() {
        assertTimeoutPreemptively(TIMEOUT, () -> {
            assertEquals("HTTP/1.1 200", status("Cookie: " + "y".repeat(20_000) + "\r\n"));
            assertEquals("HTTP/1.1 200", status(headers(100)));
        });
    }

    @Test
    void refusesHeadersThatAreTooLargeOrTooMany() {
        assertTimeoutPreemptively(TIMEOUT, () -> {
            assertRefused(status("X: " + "y".repeat(66_000) + "\r\n"));
            assertRefused(status(headers(1_000)));
        });
        assertServes();
    }

    private static String headers(int n) {
        return IntStream.range(0, n).mapToObj(i -> "X-" + i + ": y\r\n").collect(Collectors.joining());
    }

    @Test
    void refusesAnEndlessBodyWhileItIsBeingSent() {
        assertTimeoutPreemptively(TIMEOUT, () -> {
            try (var client = connect("POST /orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")) {
                byte[] chunk = ("1000\r\n" + "x".repeat(4096) + "\r\n").getBytes(StandardCharsets.US_ASCII);
                int sent = 0;
                try {
                    for (; sent < 10_000; sent++) {
                        client.getOutputStream().write(chunk);
                    }
                } catch (SocketException e) {
                    // Expected: the service closed the connection.
                }
                assertTrue(sent < 10_000, "40 MB were accepted");
            }
        });
        assertServes();
    }

    @Test
    void disconnectsAClientThatSendsAMalformedChunkLength() throws Exception {
        for (String headers : List.of("", "Content-Encoding: gzip\r\n")) {
            assertTimeoutPreemptively(TIMEOUT, () -> {
                try (var client = connect("POST /payments HTTP/1.1\r\nHost: a\r\n" + headers
                        + "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n{}")) {
                    assertEquals(-1, firstByte(client));
                }
            });
        }
        assertServes();
        assertEquals(List.of(), service.lines("\"status\":500"));
    }

    private static Socket connect(String request) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), service.port());
        try {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        } catch (SocketException e) {
            // Closed by the service; reading shows it.
        }
        return socket;
    }

    /** -1 when the service closed or reset the connection. */
    private static int firstByte(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read();
        } catch (SocketException e) {
            return -1;
        }
    }

    /** The first characters of the response to GET /menu with these headers; empty if no response arrived. */
    private static String status(String headers) throws IOException {
        try (var client = connect("GET /menu HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + headers + "\r\n")) {
            return new String(client.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
        } catch (SocketException e) {
            return "";
        }
    }

    private static void assertRefused(String status) {
        assertTrue(status.isEmpty() || status.startsWith("HTTP/1.1 4"), status);
    }

    private static void assertServes() {
        assertTimeoutPreemptively(TIMEOUT, () -> {
            while (true) {
                try {
                    assertEquals(200, service.get("/menu").statusCode());
                    return;
                } catch (IOException e) {
                    // The connections of an earlier test are still being closed.
                }
            }
        });
    }
}
