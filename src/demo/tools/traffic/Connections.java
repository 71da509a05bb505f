package demo.tools.traffic;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Kept-alive connections to one server, the latest used first. As many are open as exchanges were under way at
 * once, and stay so for the next burst: opening one costs more than an exchange. The service lets as many live
 * (a bare JDK server closes what is idle beyond 200, and a POST that meets such a connection has no answer). An exchange
 * that takes longer than the timeout is given up. Any thread may exchange.
 */
final class Connections implements AutoCloseable {
    /** Shorter than a server's own patience (the JDK's: 30 s). */
    private static final long MAX_IDLE_NANOS = Duration.ofSeconds(10).toNanos();

    /** How much later than its time an exchange may be given up. */
    private static final long LOOK_NANOS = Duration.ofMillis(250).toNanos();

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
        Thread.ofPlatform().daemon().name("timeouts").start(this::giveUpTheLate);
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
            if (answered) {
                keepIdle(connection);
            } else {
                close(connection);
            }
        }
    }

    private void giveUpTheLate() {
        while (!closed) {
            LockSupport.parkNanos(Math.min(timeout.toNanos() / 4, LOOK_NANOS));
            open.forEach(connection -> connection.giveUp(timeout));
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

    private void keepIdle(Connection connection) {
        synchronized (lock) {
            idle.addLast(new Idle(connection, System.nanoTime()));
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
