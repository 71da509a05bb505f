package demo.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A closed loop: keep-alive connections that request the menu as fast as responses arrive. A response other than 200
 * stops the load; {@link #close} throws.
 */
final class Load implements AutoCloseable {
    private static final byte[] REQUEST =
            "GET /menu HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicLong responses = new AtomicLong();
    private volatile boolean stopped;
    private volatile IOException failure;

    Load(int port, int connections) {
        for (int i = 0; i < connections; i++) {
            clients.execute(() -> {
                byte[] buffer = new byte[16 * 1024];
                try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    socket.setTcpNoDelay(true);
                    while (!stopped) {
                        socket.getOutputStream().write(REQUEST);
                        readResponse(socket.getInputStream(), buffer);
                        responses.incrementAndGet();
                    }
                } catch (IOException e) {
                    failure = e;
                    stopped = true;
                }
            });
        }
    }

    /** The number of responses so far. */
    long responses() {
        return responses.get();
    }

    /** Reads one response with a Content-Length to its end; its headers must fit into the buffer. */
    private static void readResponse(InputStream in, byte[] buffer) throws IOException {
        int length = 0;
        int body = 0;
        while (body == 0) {
            int read = in.read(buffer, length, buffer.length - length);
            if (read <= 0) {
                throw new EOFException("the server closed the connection");
            }
            length += read;
            for (int i = 3; i < length && body == 0; i++) {
                body = buffer[i] == '\n' && buffer[i - 2] == '\n' ? i + 1 : 0;
            }
        }
        var headers = new String(buffer, 0, body, StandardCharsets.ISO_8859_1);
        int at = headers.indexOf("ength:"); // matches Content-Length and content-length
        if (!headers.startsWith("HTTP/1.1 200") || at < 0) {
            throw new IOException("expected a 200 with a Content-Length, was " + headers.lines().findFirst());
        }
        int end = headers.indexOf('\r', at);
        in.skipNBytes(body + Integer.parseInt(headers.substring(at + 6, end).strip()) - length);
    }

    @Override
    public void close() throws IOException {
        stopped = true;
        clients.close(); // waits for the responses in flight
        if (failure != null) {
            throw failure;
        }
    }
}
