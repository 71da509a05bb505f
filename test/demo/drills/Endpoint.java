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

/** An OTLP endpoint that gets into trouble and out of it, always on the same port. */
final class Endpoint implements AutoCloseable {
    enum Trouble {
        /** Nobody listens. */
        DOWN,
        /** It answers, seconds late. */
        SLOW,
        /** It accepts the connection and never answers. */
        SILENT
    }

    private static final Duration LATE = Duration.ofSeconds(3);
    private static final int MAX_TRIES = 50;

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

    void begin(Trouble trouble) throws IOException {
        if (trouble == Trouble.SLOW) {
            receiver.delays(LATE);
            return;
        }
        receiver.close();
        if (trouble == Trouble.SILENT) {
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
            // The end of the trouble.
        }
    }

    void end(Trouble trouble) throws IOException {
        receiver.delays(Duration.ZERO);
        if (trouble == Trouble.SLOW) {
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

    /** What listened there may need a moment to let go of the port, or a client has it as its own just now. */
    private static <T> T again(Opening<T> opening) throws IOException {
        for (int tries = 1; ; tries++) {
            try {
                return opening.open();
            } catch (BindException e) {
                if (tries == MAX_TRIES) {
                    throw e;
                }
                LockSupport.parkNanos(100_000_000);
            }
        }
    }

    /** Whether a span that began after this moment has arrived. */
    boolean hasSpanSince(long epochMillis) {
        return receiver.all().stream().anyMatch(span -> span.getStartTimeUnixNano() / 1_000_000 > epochMillis);
    }

    @Override
    public void close() throws IOException {
        receiver.close();
    }
}
