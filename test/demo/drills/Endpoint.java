package demo.drills;

import demo.api.OtlpReceiver;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/** An OTLP endpoint that fails and recovers, always on the same port. */
final class Endpoint implements AutoCloseable {
    enum Failure {
        /** Connections are refused. */
        DOWN,
        /** Responses are 3 s late. */
        SLOW,
        /** Connections are accepted; no response follows. */
        SILENT
    }

    private static final Duration DELAY = Duration.ofSeconds(3);
    private static final int MAX_RETRIES = 50;

    private final int port;
    private final List<Socket> unanswered = new CopyOnWriteArrayList<>();
    private OtlpReceiver receiver = new OtlpReceiver();
    private ServerSocket silent;

    Endpoint() throws IOException {
        port = receiver.port();
    }

    String url() {
        return "http://127.0.0.1:" + port;
    }

    void begin(Failure failure) throws IOException {
        if (failure == Failure.SLOW) {
            receiver.delays(DELAY);
            return;
        }
        receiver.close();
        if (failure == Failure.SILENT) {
            silent = again(() -> new ServerSocket(port, 50, InetAddress.getLoopbackAddress()));
            Thread.ofVirtual().start(this::accept);
        }
    }

    private void accept() {
        try {
            while (true) {
                unanswered.add(silent.accept());
            }
        } catch (IOException e) {
            // The failure ended.
        }
    }

    void end(Failure failure) throws IOException {
        receiver.delays(Duration.ZERO);
        if (failure == Failure.SLOW) {
            return;
        }
        if (silent != null) {
            silent.close();
            for (Socket socket : unanswered) {
                socket.close();
            }
        }
        receiver = again(() -> new OtlpReceiver(port));
    }

    private interface Opening<T> {
        T open() throws IOException;
    }

    /** The port may still be in use for a moment, by the old listener or by an outgoing connection. */
    private static <T> T again(Opening<T> opening) throws IOException {
        for (int tries = 1; ; tries++) {
            try {
                return opening.open();
            } catch (BindException e) {
                if (tries == MAX_RETRIES) {
                    throw e;
                }
                LockSupport.parkNanos(100_000_000);
            }
        }
    }

    /** Whether a span arrived that started after this time. */
    boolean hasSpanSince(long epochMillis) {
        return receiver.all().stream().anyMatch(span -> span.getStartTimeUnixNano() / 1_000_000 > epochMillis);
    }

    @Override
    public void close() throws IOException {
        receiver.close();
    }
}
