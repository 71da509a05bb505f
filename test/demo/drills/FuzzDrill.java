package demo.drills;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.api.Service;
import demo.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Random requests over a socket, valid, nearly valid, or only bytes. No response is a 500, problem documents are JSON,
 * and the service logs no error.
 */
record FuzzDrill(int requests) implements Drill {
    private static final Pattern HEAD = Pattern.compile("HTTP/1\\.1 (\\d{3}) .*?\r\n\r\n", Pattern.DOTALL);
    private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: (\\d+)\r\n");
    private static final List<String> METHODS = List.of("GET", "HEAD", "POST", "PUT", "BREW", "get", "");
    private static final List<String> PATHS = List.of("/", "/menu", "/orders", "/orders/1", "/payments", "/faults",
            "/healthz", "/%00", "/menu?x=%zz", "//", "*", "http://a/menu");
    private static final List<String> HEADERS = List.of("Host: a", "Content-Length: 5", "Content-Length: -1",
            "Expect: 100-continue", "Transfer-Encoding: chunked", "Origin: x", "Origin: http://a:b",
            "traceparent: 00-0", "Content-Type: text/plain");
    private static final List<String> BODIES = List.of("", "{}", "{\"item\": \"tea\", \"quantity\": 0}",
            "{\"item\": \"tea\", \"quantity\": 1}", "{\"\\ud800\": {}}", "{\"fault\": \"slow-payments\", \"on\": 1}",
            "5\r\nabcde\r\n0\r\n\r\n", "{\"amount_cents\": -1}");

    @Override
    public String run(Path folder, long seed) throws Exception {
        var random = new Random(seed);
        var statuses = new TreeMap<String, Integer>();
        try (var service = Service.start(folder, Map.of("FAULTS", "on"))) {
            for (int i = 0; i < requests; i++) {
                String request = random.nextInt(8) == 0 ? bytes(random, 0xff, 40) : nearlyValid(random);
                statuses.merge(check(request, response(service.port(), request)), 1, Integer::sum);
            }
            assertEquals(List.of(),
                    service.lines().stream().filter(line -> "ERROR".equals(line.get("level"))).toList());
        }
        return requests + " requests; responses by status: " + statuses;
    }

    private static String nearlyValid(Random random) {
        var request = new StringBuilder(pick(METHODS, random)).append(' ')
                .append(random.nextBoolean() ? pick(PATHS, random) : "/" + bytes(random, 0x7f, 20))
                .append(" HTTP/1.1\r\nConnection: close\r\n");
        String body = pick(BODIES, random);
        if (random.nextBoolean()) {
            request.append("Content-Length: ").append(body.length()).append("\r\n");
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            request.append(random.nextInt(8) > 0 ? pick(HEADERS, random) : bytes(random, 0x7f, 20)).append("\r\n");
        }
        request.append("\r\n").append(body);
        return random.nextBoolean() ? request.toString() : request + bytes(random, 0xff, 40);
    }

    private static String pick(List<String> choices, Random random) {
        return choices.get(random.nextInt(choices.size()));
    }

    private static String bytes(Random random, int max, int length) {
        return random.ints(random.nextInt(length + 1), 0, max + 1)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }

    /** All bytes of the response; empty when the server closed the connection. */
    private static String response(int port, String request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (SocketException e) {
            return "";
        }
    }

    /** Returns the status; empty if there was no response. */
    private static String check(String request, String response) {
        Matcher head = HEAD.matcher(response);
        if (response.isEmpty()) {
            return "none";
        }
        assertTrue(head.lookingAt() && !head.group(1).equals("500"), () -> request + "\n\n" + response);
        Matcher length = LENGTH.matcher(head.group());
        // The response to HEAD has no body. Random bytes can also be a HEAD request.
        if (request.contains("Connection: close") && !request.startsWith("HEAD")
                && head.group().contains("application/problem+json") && length.find()) {
            // More bytes can follow: the response to the bytes after the first request.
            String body = response.substring(head.end(), head.end() + Integer.parseInt(length.group(1)));
            assertDoesNotThrow(() -> Json.read(body.getBytes(StandardCharsets.ISO_8859_1)), body);
        }
        return head.group(1);
    }
}
