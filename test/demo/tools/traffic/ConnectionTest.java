package demo.tools.traffic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ProtocolException;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ConnectionTest {
    private static final byte[] REQUEST = "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    @Test
    void readsAnAnswerOfAGivenLengthAndIsReadyForTheNext() throws IOException {
        var exchange = new Scripted("HTTP/1.1 201 Created\r\nlocation:/orders/7\r\nCONTENT-LENGTH: 5\r\n\r\nhello");

        var answer = exchange.answer();

        assertEquals(201, answer.status());
        assertEquals("/orders/7", answer.location());
        assertEquals("hello", text(answer));
        assertTrue(exchange.reusable);
    }

    @Test
    void readsChunksWithExtensionsAndTrailers() throws IOException {
        var exchange = new Scripted("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5;x=1\r\nhello\r\nB\r\n, my friend\r\n0\r\nDigest: none\r\n\r\n");

        assertEquals("hello, my friend", text(exchange.answer()));
        assertTrue(exchange.reusable);
    }

    @Test
    void skipsAnInterimAnswer() throws IOException {
        var exchange = new Scripted("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");

        assertEquals(204, exchange.answer().status());
    }

    @Test
    void isNotUsedAgainWhenTheServerSaysSo() throws IOException {
        var closing = new Scripted("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        var endless = new Scripted("HTTP/1.1 200 OK\r\n\r\nto the end");

        closing.answer();
        assertEquals("to the end", text(endless.answer()));

        assertFalse(closing.reusable);
        assertFalse(endless.reusable);
    }

    @Test
    void refusesWhatIsNotHttpAndNamesIt() {
        var exchange = new Scripted("SSH-2.0-OpenSSH_9.9\r\n");

        var refusal = assertThrows(ProtocolException.class, exchange::answer);

        assertEquals("expected HTTP/1.1 and a status, got 'SSH-2.0-OpenSSH_9.9'", refusal.getMessage());
    }

    @Test
    void refusesALineWithoutEnd() {
        var exchange = new Scripted("HTTP/1.1 200 OK\r\nX: " + "x".repeat(20_000));

        assertThrows(ProtocolException.class, exchange::answer);
    }

    @Test
    void failsWhenTheAnswerBreaksOff() {
        var exchange = new Scripted("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");

        assertEquals(Failure.CLOSED, Failure.of(assertThrows(IOException.class, exchange::answer)));
    }

    @Test
    void givesUpOnASilentServer() throws IOException {
        try (var server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                var connections = new Connections(URI.create("http://127.0.0.1:" + server.getLocalPort()), Duration.ofMillis(100))) {
            var failure = assertThrows(SocketTimeoutException.class, () -> connections.exchange(REQUEST, true, false));

            assertEquals(Failure.TIMED_OUT, Failure.of(failure));
        }
    }

    private static String text(Answer answer) {
        return new String(answer.body(), StandardCharsets.US_ASCII);
    }

    /** A server that says one thing, a byte at a time at first so that every line comes in pieces, and hangs up. */
    private static final class Scripted {
        private final byte[] script;
        private boolean reusable;

        Scripted(String script) {
            this.script = script.getBytes(StandardCharsets.US_ASCII);
        }

        Answer answer() throws IOException {
            try (var server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress()); var connection = new Connection()) {
                Thread.startVirtualThread(() -> {
                    try (var socket = server.accept()) {
                        socket.setTcpNoDelay(true);
                        socket.getInputStream().readNBytes(REQUEST.length);
                        for (int i = 0; i < script.length; i++) {
                            if (i < 60) {
                                socket.getOutputStream().write(script[i]);
                            } else {
                                socket.getOutputStream().write(script, i, script.length - i);
                                break;
                            }
                        }
                    } catch (IOException e) {
                        // The client left first.
                    }
                });
                connection.connect("127.0.0.1", server.getLocalPort(), Duration.ofSeconds(5));
                var answer = connection.exchange(REQUEST, true);
                reusable = connection.reusable();
                return answer;
            }
        }
    }
}
