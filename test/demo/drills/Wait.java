package demo.drills;

import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.api.Service;

/** Polls for a change in a running service. */
final class Wait {
    private static final long NANOS = 60_000_000_000L;
    private static final long MILLIS_BETWEEN_POLLS = 100;

    private Wait() {
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    /** @param what for the message when the condition is false for 60 s */
    static void until(String what, Service service, Condition condition) throws Exception {
        long deadline = System.nanoTime() + NANOS;
        while (!condition.holds()) {
            assertTrue(System.nanoTime() < deadline, () -> "not within 60 s: " + what + "; the service printed "
                    + service.output());
            Thread.sleep(MILLIS_BETWEEN_POLLS);
        }
    }
}
