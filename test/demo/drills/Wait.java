package demo.drills;

import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.api.Service;

/** Waits for what a service does by itself. */
final class Wait {
    private static final long NANOS = 15_000_000_000L;
    private static final long MILLIS_BETWEEN_LOOKS = 100;

    private Wait() {
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    /** @param what for the message when it doesn't come within 15 s */
    static void until(String what, Service service, Condition condition) throws Exception {
        long deadline = System.nanoTime() + NANOS;
        while (!condition.holds()) {
            assertTrue(System.nanoTime() < deadline, () -> "waited in vain for " + what + "; the service said "
                    + service.output());
            Thread.sleep(MILLIS_BETWEEN_LOOKS);
        }
    }
}
