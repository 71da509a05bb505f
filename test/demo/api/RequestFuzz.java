package demo.api;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import demo.log.Lines;
import demo.log.Log;
import demo.metrics.Metrics;
import demo.trace.Tracing;
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
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Requests over a socket, right ones and others: never a 500, never silence after a whole one; problems parse. */
public final class RequestFuzz {
    private static final Pattern HEAD = Pattern.compile("HTTP/1\\.1 (\\d{3}) .*?\r\n\r\n", Pattern.DOTALL);
    private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: (\\d+)\r\n");
    private static final String[] METHODS = {"GET", "HEAD", "POST", "PUT", "BREW", "get", ""};
    private static final String[] PATHS = {"/", "/menu", "/orders", "/orders/1", "/payments", "/faults", "/healthz",
        "/%00", "/menu?x=%zz", "//", "*", "http://a/menu"};
    private static final String[] HEADERS = {"Host: a", "Content-Length: 5", "Content-Length: -1", "Expect: 100-continue",
        "Transfer-Encoding: chunked", "Origin: x", "Origin: http://a:b", "traceparent: 00-0", "Content-Type: text/plain"};
    private static final String[] BODIES = {"", "{}", "{\"item\": \"tea\", \"quantity\": 0}", "{\"\\ud800\": {}}",
        "{\"fault\": \"slow-payments\", \"on\": 1}", "5\r\nabcde\r\n0\r\n\r\n", "{\"amount_cents\": -1}"};

    private static final int PORT = start();

    private RequestFuzz() {
    }

    private static int start() {
        try {
            Server.limit(2_000, Duration.ofSeconds(5));
            var server = Server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            var log = Log.silent();
            var metrics = new Metrics(new PrometheusRegistry());
            var tracing = new Tracing();
            server.add(Routes.of(new HomePage(3000, Path.of("app.log")), log, metrics, tracing, InstantSource.system(), 1, true,
                    URI.create("http://127.0.0.1:" + server.port() + "/payments"), () -> true), log, metrics, tracing);
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
        byte[] answer = answer(request.toByteArray());

        Matcher head = HEAD.matcher(new String(answer, StandardCharsets.ISO_8859_1));
        if (answer.length > 0) {
            assertTrue(head.lookingAt(), () -> new String(answer, StandardCharsets.ISO_8859_1));
            assertTrue(!head.group(1).equals("500"), () -> new String(answer, StandardCharsets.ISO_8859_1));
            Matcher length = LENGTH.matcher(head.group());
            // To HEAD the head alone; who asked with less than a whole request may have asked for that, too.
            boolean body = whole && !request.toString(StandardCharsets.ISO_8859_1).startsWith("HEAD");
            if (body && head.group().contains("application/problem+json") && length.find()) {
                // What follows is the answer to bytes that came after the request.
                Lines.parse(Arrays.copyOfRange(answer, head.end(), head.end() + Integer.parseInt(length.group(1))));
            }
        }
    }

    private static void write(ByteArrayOutputStream request, String text) {
        request.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** All that comes back once everything has been said; empty when the server only closed. */
    private static byte[] answer(byte[] request) throws IOException {
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
