package demo.api;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The simulated faults: their switches and their sizes. The code that reads them is at the place where such a fault
 * would be in a real service. Any thread may call.
 */
final class Faults {
    enum Fault {
        SLOW_PAYMENTS("taking a payment needs over a second"),
        ERROR_BURST("two of five look-ups of an order fail"),
        LOCK_CONTENTION("orders wait for one lock that is held too long"),
        LOG_STORM("each GET /menu writes 200 warnings"),
        MEMORY_LEAK("each order leaks 256 KiB, up to 128 MiB"),
        DEAD_REPLICA("two of three replicas of the payment provider never respond"),
        POOL_EXHAUSTION("each look-up of an order holds one of two connections for too long");

        final String description;

        Fault(String description) {
            this.description = description;
        }

        /** For example {@code slow-payments}. */
        String id() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private static final int LEAKED_BYTES = 256 * 1024;
    private static final int MAX_LEAKS = 512;

    private final Set<Fault> on = ConcurrentHashMap.newKeySet();
    private final List<byte[]> leaked = new ArrayList<>(); // guarded by this
    private ServerSocket deadReplica; // guarded by this; referenced here, because the JDK closes an unreachable socket

    boolean on(Fault fault) {
        return on.contains(fault);
    }

    synchronized void set(Fault fault, boolean isOn) {
        if (isOn) {
            on.add(fault);
        } else {
            on.remove(fault);
        }
        if (!on(Fault.MEMORY_LEAK)) {
            leaked.clear();
        }
    }

    /** Leaks memory for one order if the fault is on. */
    synchronized void leak() {
        if (on(Fault.MEMORY_LEAK) && leaked.size() < MAX_LEAKS) {
            leaked.add(new byte[LEAKED_BYTES]);
        }
    }

    /** How long one order holds the lock of the price list. */
    Duration pricing() {
        return on(Fault.LOCK_CONTENTION) ? Duration.ofMillis(80) : Duration.ZERO;
    }

    /** The median time that the provider needs for a payment. */
    Duration payment() {
        return on(Fault.SLOW_PAYMENTS) ? Duration.ofMillis(1_400) : Duration.ofMillis(25);
    }

    /** How long a look-up holds its connection to the order store. */
    Duration lookup() {
        return on(Fault.POOL_EXHAUSTION) ? Duration.ofMillis(150) : Duration.ZERO;
    }

    /** How long one attempt to pay may take. */
    Duration paymentTimeout() {
        return on(Fault.DEAD_REPLICA) ? Duration.ofMillis(600) : Duration.ofSeconds(5);
    }

    /** The replicas of the payment provider. */
    List<URI> paymentReplicas(URI healthy) {
        return on(Fault.DEAD_REPLICA) ? List.of(healthy, deadReplica(), deadReplica()) : List.of(healthy);
    }

    /** A socket that is never accepted from: the kernel completes the handshake, and no request is ever read. */
    private synchronized URI deadReplica() {
        if (deadReplica == null) {
            try {
                deadReplica = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return URI.create("http://127.0.0.1:" + deadReplica.getLocalPort() + "/payments");
    }
}
