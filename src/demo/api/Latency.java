package demo.api;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * How long things take and how often they fail, from one seedable generator. Times are log-normal, as those of real
 * services are: most near the median, a long tail to the right, none below zero.
 *
 * <p>Any thread may call; the same seed gives the same sequence, which concurrent callers share out among them.
 */
final class Latency {
    private static final double LONGEST_OF_MEDIAN = 50;

    private final SplittableRandom random; // guarded by this

    Latency(long seed) {
        random = new SplittableRandom(seed);
    }

    /** A time around {@code median}; sigma 0.5 puts p99 at 3.2 times the median. Never over 50 times the median. */
    Duration around(Duration median, double sigma) {
        double factor = Math.min(LONGEST_OF_MEDIAN, Math.exp(sigma * gaussian()));
        return Duration.ofNanos((long) (median.toNanos() * factor));
    }

    /** True {@code share} (0 to 1) of the times. */
    boolean chance(double share) {
        synchronized (this) {
            return random.nextDouble() < share;
        }
    }

    /** Lets the calling thread wait; an interrupt ends the wait and stays set. */
    static void pass(Duration duration) {
        long end = System.nanoTime() + duration.toNanos();
        for (long left = duration.toNanos(); left > 0 && !Thread.currentThread().isInterrupted();
                left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private double gaussian() {
        synchronized (this) {
            return random.nextGaussian();
        }
    }
}
