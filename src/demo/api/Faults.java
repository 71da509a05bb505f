package demo.api;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Ways to break the service on purpose, switched on and off while it runs. The code under a fault is where such a
 * fault would really be; this is only the switch board. Any thread may call.
 */
final class Faults {
    enum Fault {
        SLOW_PAYMENTS("taking a payment needs over a second"),
        ERROR_BURST("two in five look-ups of an order fail"),
        LOCK_CONTENTION("orders wait for one lock that is held too long"),
        LOG_STORM("every look at the menu writes 200 warnings"),
        MEMORY_LEAK("every order leaves 256 KiB behind, up to 128 MiB");

        private final String what;

        Fault(String what) {
            this.what = what;
        }

        /** {@code slow-payments}. */
        String id() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        String what() {
            return what;
        }

        /** Null when there is no such fault. */
        static Fault of(String id) {
            for (Fault fault : values()) {
                if (fault.id().equals(id)) {
                    return fault;
                }
            }
            return null;
        }
    }

    private static final int LEAKED_BYTES = 256 * 1024;
    private static final int MAX_LEAKS = 512;

    private volatile Set<Fault> on = Set.of();
    private final List<byte[]> leaked = new ArrayList<>(); // guarded by itself

    boolean on(Fault fault) {
        return on.contains(fault);
    }

    synchronized void set(Fault fault, boolean isOn) {
        Set<Fault> next = EnumSet.noneOf(Fault.class);
        next.addAll(on);
        if (isOn) {
            next.add(fault);
        } else {
            next.remove(fault);
        }
        on = next;
        if (fault == Fault.MEMORY_LEAK && !isOn) {
            synchronized (leaked) {
                leaked.clear();
            }
        }
    }

    /** Where an order's memory would be forgotten. */
    void leak() {
        if (on(Fault.MEMORY_LEAK)) {
            synchronized (leaked) {
                if (leaked.size() < MAX_LEAKS) {
                    leaked.add(new byte[LEAKED_BYTES]);
                }
            }
        }
    }

    /** How long the price list's lock is held for one order. */
    Duration pricing() {
        return on(Fault.LOCK_CONTENTION) ? Duration.ofMillis(80) : Duration.ZERO;
    }

    /** The median time that taking a payment needs. */
    Duration payment() {
        return on(Fault.SLOW_PAYMENTS) ? Duration.ofMillis(1_400) : Duration.ofMillis(25);
    }
}
