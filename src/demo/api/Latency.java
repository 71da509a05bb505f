package demo.api;

import java.time.Duration;
import java.util.SplittableRandom;

/**
 * Simulated durations and failures from one random generator. Durations are log-normal, as in real services: most are
 * near the median, with a long tail to the right.
 *
 * <p>Any thread may call. The same seed gives the same sequence, which concurrent callers share.
 */
final class Latency {
    private static final double MAX_FACTOR = 50;

    private final SplittableRandom random; // guarded by this

    Latency(long seed) {
        random = new SplittableRandom(seed);
    }

    /** A duration around {@code median}, at most 50 times as long. With sigma 0.5 the p99 is 3.2 times the median. */
    synchronized Duration around(Duration median, double sigma) {
        double factor = Math.min(MAX_FACTOR, Math.exp(sigma * random.nextGaussian()));
        return Duration.ofNanos((long) (median.toNanos() * factor));
    }

    /** True with this probability (0 to 1). */
    synchronized boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    /** Blocks the calling thread. An interrupt ends the wait, and the thread stays interrupted. */
    static void sleep(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
