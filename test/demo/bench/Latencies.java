package demo.bench;

import java.util.concurrent.atomic.AtomicLongArray;

/** How many waits took how long, to a 32nd of a doubling (2 %). Any thread may add, without a lock. */
final class Latencies {
    private static final int BUCKETS_A_DOUBLING = 32;

    private final AtomicLongArray counts = new AtomicLongArray(64 * BUCKETS_A_DOUBLING);

    void add(long nanos) {
        counts.incrementAndGet((int) (BUCKETS_A_DOUBLING * Math.log(Math.max(nanos, 1)) / Math.log(2)));
    }

    long count() {
        long all = 0;
        for (int i = 0; i < counts.length(); i++) {
            all += counts.get(i);
        }
        return all;
    }

    /** The wait, in microseconds, that {@code share} of all were no longer than; 1 asks for the worst. */
    double micros(double share) {
        long rank = Math.max(1, (long) Math.ceil(count() * share));
        long seen = 0;
        for (int i = 0; i < counts.length(); i++) {
            seen += counts.get(i);
            if (seen >= rank) {
                return Math.pow(2, (i + 1.0) / BUCKETS_A_DOUBLING) / 1e3;
            }
        }
        throw new IllegalStateException("nothing was measured");
    }
}
