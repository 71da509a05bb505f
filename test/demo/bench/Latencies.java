package demo.bench;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.LongStream;

/** A histogram of latencies with buckets 2 % wide. Any thread may add, without a lock. */
final class Latencies {
    private static final int BUCKETS_PER_DOUBLING = 32;

    private final AtomicLongArray counts = new AtomicLongArray(64 * BUCKETS_PER_DOUBLING);

    void add(long nanos) {
        counts.incrementAndGet((int) (BUCKETS_PER_DOUBLING * Math.log(Math.max(nanos, 1)) / Math.log(2)));
    }

    long count() {
        return LongStream.range(0, counts.length()).map(i -> counts.get((int) i)).sum();
    }

    /** The latency in microseconds at this share of all, 0.5 for the median; 1 is the maximum. */
    double micros(double share) {
        long rank = Math.max(1, (long) Math.ceil(count() * share));
        long seen = 0;
        for (int i = 0; i < counts.length(); i++) {
            seen += counts.get(i);
            if (seen >= rank) {
                return Math.pow(2, (i + 1.0) / BUCKETS_PER_DOUBLING) / 1e3;
            }
        }
        throw new IllegalStateException("no latency was added");
    }
}
