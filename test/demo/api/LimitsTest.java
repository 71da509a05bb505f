package demo.api;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The service's limits for one client, in raw bytes on a real socket. This process also shows what is reported when the
 * agent is disabled.
 */
@Timeout(30)
class LimitsTest {
    private static final int MAX_CONNECTIONS = 20;

    @TempDir
    static Path folder;

    static Service service;
    static int acceptedConnections;

    @BeforeAll
    @Timeout(120)
    static void start() throws Exception {
        service = Service.start(folder, Map.of("HTTP_TIMEOUT", "1s", "HTTP_MAX_CONNECTIONS", "" + MAX_CONNECTIONS,
                "OTEL_SDK_DISABLED", "true"));
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
            do {
                clients.add(connect("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"));
            } while (firstByte(clients.getLast()) != -1 && clients.size() < 2 * MAX_CONNECTIONS);
            return clients.size() - 1;
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    /** The connections of the test may still be closing. */
    @AfterEach
    @Timeout(30)
    void stillServes() throws Exception {
        while (!status("").equals("HTTP/1.1 200")) {
            Thread.sleep(10);
        }
    }

    @Test
    void servesExactlyTheMaximumOfConnections() {
        assertEquals(MAX_CONNECTIONS, acceptedConnections);
    }

    @Test
    void disconnectsAClientThatDoesNotFinishItsHeaders() throws Exception {
        try (var client = connect("GET /menu HTTP/1.1\r\nHost: a\r\nX-Slow: ")) {
            assertEquals(-1, firstByte(client));
        }
    }

    @Test
    void disconnectsAndLogsAClientThatDoesNotFinishItsBody() throws Exception {
        try (var client = connect("POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{\"item\"")) {
            assertEquals(-1, firstByte(client));
        }
        while (service.lines("\"path\":\"/orders\".*\"client_disconnected\"").isEmpty()) {
            Thread.sleep(10);
        }
        assertTrue(service.openMetrics().contains("orders_total{outcome=\"aborted\"} 1.0"));
    }

    /** All pages of localhost share their cookies. */
    @Test
    void servesLargeCookiesAndManyHeaders() throws Exception {
        assertEquals("HTTP/1.1 200", status("Cookie: " + "y".repeat(20_000) + "\r\n"));
        assertEquals("HTTP/1.1 200", status(headers(100)));
    }

    @Test
    void refusesHeadersThatAreTooLargeOrTooMany() throws Exception {
        assertEquals("", status("X: " + "y".repeat(66_000) + "\r\n").replaceAll("HTTP/1.1 4..", ""));
        assertEquals("", status(headers(1_000)).replaceAll("HTTP/1.1 4..", ""));
    }

    private static String headers(int n) {
        return IntStream.range(0, n).mapToObj(i -> "X-" + i + ": y\r\n").collect(Collectors.joining());
    }

    /** Of the response to GET /menu with these headers; empty if no response arrived. */
    private static String status(String headers) throws IOException {
        String response = service.sendRaw("GET /menu HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + headers + "\r\n");
        return response.isEmpty() ? "" : response.substring(0, 12);
    }

    @Test
    void refusesAnEndlessBodyWhileItIsBeingSent() throws Exception {
        byte[] chunk = ("1000\r\n" + "x".repeat(4096) + "\r\n").getBytes(US_ASCII);
        int sent = 0;
        try (var client = connect("POST /orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")) {
            for (; sent < 10_000; sent++) {
                client.getOutputStream().write(chunk);
            }
        } catch (SocketException e) {
            // Expected: the service closed the connection.
        }
        assertTrue(sent < 10_000, "40 MB were accepted");
    }

    /** The JDK's server reads this chunk length as a negative number. */
    @ParameterizedTest
    @ValueSource(strings = {"POST /payments", "POST /payments with Content-Encoding: gzip", "GET /metrics", "GET /"})
    void disconnectsAClientThatSendsAMalformedChunkLength(String request) throws Exception {
        String[] parts = request.split(" with ");
        service.sendRaw(parts[0] + " HTTP/1.1\r\nHost: a\r\n" + (parts.length == 1 ? "" : parts[1] + "\r\n")
                + "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n{}");

        assertEquals(List.of(), service.lines("\"status\":500"));
    }

    private static Socket connect(String request) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), service.port());
        try {
            socket.getOutputStream().write(request.getBytes(US_ASCII));
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
}
