package demo.traffic;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Kept-alive connections to one server, the latest used first. As many are open as exchanges are under way; at most
 * 100 stay open idle, fewer than the JDK server lets live (200), so that a burst doesn't leave connections here that
 * the server has closed. Any thread may exchange.
 */
final class Connections implements AutoCloseable {
    private static final int MAX_IDLE = 100;
    /** Shorter than a server's own patience (the JDK's: 30 s). */
    private static final long MAX_IDLE_NANOS = Duration.ofSeconds(10).toNanos();

    private record Idle(Connection connection, long sinceNanos) {}

    private final String host;
    private final int port;
    private final Duration timeout;
    private final Set<Connection> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;
    private final Object lock = new Object();
    private final ArrayDeque<Idle> idle = new ArrayDeque<>(); // guarded by lock

    Connections(URI target, Duration timeout) {
        host = target.getHost();
        port = target.getPort() < 0 ? 80 : target.getPort();
        this.timeout = timeout;
    }

    /**
     * One request and its answer.
     *
     * @param repeatable whether the request may be sent again when a connection that was kept open turns out to be
     *     closed (RFC 9110, 9.2.2: for GET, not for POST)
     */
    Answer exchange(byte[] request, boolean repeatable, boolean keepBody) throws IOException {
        var kept = takeIdle();
        if (kept != null) {
            try {
                return exchange(kept, request, keepBody);
            } catch (SocketTimeoutException e) {
                throw e;
            } catch (IOException e) {
                if (!repeatable || !kept.silent()) {
                    throw e;
                }
            }
        }
        var fresh = new Connection();
        if (!open.add(fresh) || closed) {
            throw new SocketException("the generator is closed");
        }
        return exchange(fresh, request, keepBody);
    }

    private Answer exchange(Connection connection, byte[] request, boolean keepBody) throws IOException {
        boolean answered = false;
        try {
            if (!connection.connected()) {
                connection.connect(host, port, timeout);
            }
            var answer = connection.exchange(request, keepBody);
            answered = connection.reusable();
            return answer;
        } finally {
            if (!answered || !keepIdle(connection)) {
                close(connection);
            }
        }
    }

    private Connection takeIdle() {
        synchronized (lock) {
            var latest = idle.pollLast();
            if (latest == null || System.nanoTime() - latest.sinceNanos < MAX_IDLE_NANOS) {
                return latest == null ? null : latest.connection;
            }
            close(latest.connection); // and the others are older still
            idle.forEach(one -> close(one.connection));
            idle.clear();
            return null;
        }
    }

    private boolean keepIdle(Connection connection) {
        synchronized (lock) {
            if (idle.size() >= MAX_IDLE) {
                return false;
            }
            idle.addLast(new Idle(connection, System.nanoTime()));
            return true;
        }
    }

    private void close(Connection connection) {
        open.remove(connection);
        connection.close();
    }

    /** Closes every connection, those too on which somebody waits, and opens no more. */
    @Override
    public void close() {
        closed = true;
        open.forEach(Connection::close);
    }
}
