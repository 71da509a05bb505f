package demo.tools.traffic;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAccumulator;

/**
 * Durations counted in buckets whose width grows with the value, so that a percentile is known to 0.8 % from
 * nanoseconds to hours in 37 KB. The largest value is kept exactly. Any thread may record.
 *
 * <pre>
 *   value   0 … 127   128 … 255   256 … 511   512 … 1023   …
 *   width       1          1           2           4       …      128 buckets an octave
 * </pre>
 */
final class Histogram {
    private static final int BITS = 7;
    private static final int PER_OCTAVE = 1 << BITS;
    /** Enough for 2⁴² ns, 73 minutes; what is longer is counted with the longest. */
    private static final int OCTAVES = 42 - BITS + 1;

    private final AtomicLongArray buckets = new AtomicLongArray(OCTAVES * PER_OCTAVE);
    private final LongAccumulator max = new LongAccumulator(Math::max, 0);

    void record(long nanos) {
        long value = Math.max(0, nanos);
        buckets.incrementAndGet(Math.min(bucket(value), buckets.length() - 1));
        max.accumulate(value);
    }

    long count() {
        long count = 0;
        for (int i = 0; i < buckets.length(); i++) {
            count += buckets.get(i);
        }
        return count;
    }

    long maxNanos() {
        return max.get();
    }

    /** The least duration that {@code share} (0 to 1) of the recorded ones don't exceed, to 0.8 %; 0 when there is none. */
    long percentileNanos(double share) {
        long rank = Math.max(1, (long) Math.ceil(share * count()));
        long seen = 0;
        for (int i = 0; i < buckets.length(); i++) {
            seen += buckets.get(i);
            if (seen >= rank) {
                return Math.min(highest(i), maxNanos());
            }
        }
        return maxNanos();
    }

    /** Adds what {@code other} has counted. */
    void add(Histogram other) {
        for (int i = 0; i < buckets.length(); i++) {
            buckets.addAndGet(i, other.buckets.get(i));
        }
        max.accumulate(other.maxNanos());
    }

    /** What was recorded here and not yet in {@code earlier}, a copy of this one's past; its maximum is not known, only bounded. */
    Histogram since(Histogram earlier) {
        var since = new Histogram();
        for (int i = 0; i < buckets.length(); i++) {
            since.buckets.set(i, buckets.get(i) - earlier.buckets.get(i));
        }
        since.max.accumulate(maxNanos());
        return since;
    }

    private static int bucket(long value) {
        int shift = Math.max(0, 63 - Long.numberOfLeadingZeros(value | 1) - BITS);
        return (shift << BITS) + (int) (value >>> shift);
    }

    /** The largest value that falls into {@code bucket}. */
    private static long highest(int bucket) {
        int shift = Math.max(0, (bucket >> BITS) - 1);
        return (((long) bucket - ((long) shift << BITS) + 1) << shift) - 1;
    }
}
