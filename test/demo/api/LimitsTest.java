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

/** The service's limits for one client, in raw bytes on a real socket. */
@Timeout(30)
class LimitsTest {
    private static final int MAX_CONNECTIONS = 20;

    @TempDir
    static Path folder;

    static Service service;

    @BeforeAll
    @Timeout(120)
    static void start() throws Exception {
        service = Service.start(folder, Map.of("HTTP_TIMEOUT", "1s", "HTTP_MAX_CONNECTIONS", "" + MAX_CONNECTIONS,
                "OTEL_JAVAAGENT_ENABLED", "false"));
        servesExactlyTheMaximumOfConnections();
    }

    /** Must run first, while no other connection is open. */
    private static void servesExactlyTheMaximumOfConnections() throws IOException {
        String request = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
        List<Socket> clients = new ArrayList<>();
        for (int i = 0; i < MAX_CONNECTIONS; i++) {
            clients.add(connect(request));
            assertEquals('H', clients.getLast().getInputStream().read());
        }
        assertEquals("", service.sendRaw(request));
        for (Socket client : clients) {
            client.close();
        }
    }

    private static Socket connect(String request) throws IOException {
        var client = new Socket(InetAddress.getLoopbackAddress(), service.port());
        client.getOutputStream().write(request.getBytes(US_ASCII));
        return client;
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    /** The connections of the test may still be closing. */
    @AfterEach
    @Timeout(30)
    void stillServes() throws Exception {
        while (statusClass("") != '2') {
            Thread.sleep(10);
        }
    }

    @Test
    void disconnectsAClientThatDoesNotFinishItsHeaders() throws Exception {
        assertEquals("", service.sendRaw("GET /menu HTTP/1.1\r\nHost: a\r\nX-Slow: "));
    }

    @Test
    void disconnectsAndLogsAClientThatDoesNotFinishItsBody() throws Exception {
        assertEquals("", service.sendRaw("POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{\"item\""));
        while (service.lines("\"path\":\"/orders\".*\"status\":499.*\"client_disconnected\"").isEmpty()) {
            Thread.sleep(10);
        }
        assertEquals(1, service.count("orders_total{outcome=\"aborted\"}"));
        assertEquals(0, service.count("http_server_active_requests"));
    }

    /** All pages of localhost share their cookies, so that a request can have many. */
    @Test
    void limitsTheSizeAndTheNumberOfHeaders() throws Exception {
        assertEquals('2', statusClass("Cookie: " + "y".repeat(20_000) + "\r\n"));
        assertEquals('2', statusClass(headers(100)));
        assertEquals('4', statusClass("X: " + "y".repeat(66_000) + "\r\n"));
        assertEquals('4', statusClass(headers(1_000)));
    }

    private static String headers(int n) {
        return IntStream.range(0, n).mapToObj(i -> "X-" + i + ": y\r\n").collect(Collectors.joining());
    }

    /** The first digit of the status of GET /menu with these headers; 4 if the service closes the connection. */
    private static char statusClass(String headers) throws IOException {
        String response = service.sendRaw("GET /menu HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + headers + "\r\n");
        return response.isEmpty() ? '4' : response.charAt("HTTP/1.1 ".length());
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
}
