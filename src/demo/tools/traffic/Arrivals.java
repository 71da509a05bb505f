package demo.tools.traffic;

import demo.tools.traffic.Mix.Kind;
import java.util.random.RandomGenerator;

/**
 * The endless schedule of visits. It is a Poisson process, as independent customers produce it: the gaps between two
 * visits are exponentially distributed. All random values are drawn here, before any response is known, so one seed
 * gives one schedule whatever the service does.
 *
 * <p>Not thread-safe.
 */
final class Arrivals {
    /**
     * @param dueNanos when the visit is due, counted from the start of the run
     * @param choice   selects the item, the order or the mistake; not negative
     */
    record Visit(long dueNanos, Kind kind, long choice) {}

    private final double perSecond;
    private final Mix mix;
    private final RandomGenerator random;
    private double dueSeconds;

    Arrivals(double perSecond, Mix mix, RandomGenerator random) {
        this.perSecond = perSecond;
        this.mix = mix;
        this.random = random;
    }

    Visit next() {
        dueSeconds -= Math.log1p(-random.nextDouble()) / perSecond;
        return new Visit((long) (dueSeconds * 1e9), mix.at(random.nextDouble()), random.nextLong() >>> 1);
    }
}
