package demo.api;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import demo.json.Json;
import demo.log.Log;
import demo.log.LogSettings;
import demo.metrics.Metrics;
import demo.trace.Tracing;
import io.opentelemetry.api.OpenTelemetry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Valid and invalid requests over a socket: no response is a 500, and problem documents are JSON. */
public final class RequestFuzz {
    private static final Pattern HEAD = Pattern.compile("HTTP/1\\.1 (\\d{3}) .*?\r\n\r\n", Pattern.DOTALL);
    private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: (\\d+)\r\n");
    private static final String[] METHODS = {"GET", "HEAD", "POST", "PUT", "BREW", "get", ""};
    private static final String[] PATHS = {"/", "/menu", "/orders", "/orders/1", "/payments", "/faults", "/healthz",
        "/%00", "/menu?x=%zz", "//", "*", "http://a/menu"};
    private static final String[] HEADERS = {"Host: a", "Content-Length: 5", "Content-Length: -1",
        "Expect: 100-continue", "Transfer-Encoding: chunked", "Origin: x", "Origin: http://a:b", "traceparent: 00-0",
        "Content-Type: text/plain"};
    private static final String[] BODIES = {"", "{}", "{\"item\": \"tea\", \"quantity\": 0}", "{\"\\ud800\": {}}",
        "{\"fault\": \"slow-payments\", \"on\": 1}", "5\r\nabcde\r\n0\r\n\r\n", "{\"amount_cents\": -1}"};

    private static final int PORT = start();

    private RequestFuzz() {
    }

    private static int start() {
        try {
            Server.limit(2_000, Duration.ofSeconds(5));
            var server = Server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            var log = Log.open(LogSettings.of(Files.createTempDirectory("fuzz").resolve("app.log"), "api"));
            var metrics = new Metrics(new PrometheusRegistry());
            var tracing = new Tracing(OpenTelemetry.noop());
            var payments = URI.create("http://127.0.0.1:" + server.port() + "/payments");
            server.add(Routes.of(new HomePage(3000, Path.of("app.log")), log, metrics, tracing, InstantSource.system(),
                    1, true, payments, () -> true), log, metrics, tracing);
            LibraryLogs.observe(log, metrics);
            server.start();
            return server.port();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void fuzzerTestOneInput(FuzzedDataProvider data) throws IOException {
        var request = new ByteArrayOutputStream();
        boolean whole = data.consumeBoolean();
        if (whole) {
            write(request, data.pickValue(METHODS) + " ");
            write(request, data.consumeBoolean() ? data.pickValue(PATHS) : "/" + data.consumeAsciiString(20));
            write(request, " HTTP/1.1\r\nConnection: close\r\n");
            for (int i = data.consumeInt(0, 4); i > 0; i--) {
                write(request, data.consumeBoolean() ? data.pickValue(HEADERS) : data.consumeAsciiString(20));
                write(request, "\r\n");
            }
            write(request, "\r\n");
            write(request, data.pickValue(BODIES));
        }
        request.writeBytes(data.consumeRemainingAsBytes());
        byte[] response = response(request.toByteArray());

        String text = new String(response, StandardCharsets.ISO_8859_1);
        Matcher head = HEAD.matcher(text);
        if (!text.isEmpty()) {
            assertTrue(head.lookingAt() && !head.group(1).equals("500"), text);
            Matcher length = LENGTH.matcher(head.group());
            // The response to HEAD has no body. Random bytes can also be a HEAD request.
            boolean hasBody = whole && !request.toString(StandardCharsets.ISO_8859_1).startsWith("HEAD");
            if (hasBody && head.group().contains("application/problem+json") && length.find()) {
                // More bytes can follow: the response to the bytes after the first request.
                int end = head.end() + Integer.parseInt(length.group(1));
                assertDoesNotThrow(() -> Json.read(Arrays.copyOfRange(response, head.end(), end)));
            }
        }
    }

    private static void write(ByteArrayOutputStream request, String text) {
        request.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** All bytes of the response; empty when the server closed the connection. */
    private static byte[] response(byte[] request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), PORT)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request);
            socket.shutdownOutput();
            return socket.getInputStream().readAllBytes();
        } catch (SocketException e) {
            return new byte[0];
        }
    }
}
