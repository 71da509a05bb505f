package demo.tools.traffic;

import java.util.random.RandomGenerator;

/**
 * The visits to come, endlessly: a Poisson process, as many people make who don't know of each other, so the gaps are
 * exponential and arrivals bunch as they do in life. Everything random is drawn here, before any answer is known, so
 * that one seed gives one list of visits whatever the service does.
 *
 * <p>One thread at a time.
 */
final class Arrivals {
    private static final double NANOS = 1e9;

    private final double perSecond;
    private final Mix mix;
    private final RandomGenerator random;
    private double atSeconds;

    Arrivals(double perSecond, Mix mix, RandomGenerator random) {
        this.perSecond = perSecond;
        this.mix = mix;
        this.random = random;
    }

    Arrival next() {
        atSeconds -= Math.log1p(-random.nextDouble()) / perSecond;
        return new Arrival((long) (atSeconds * NANOS), mix.at(random.nextDouble()), random.nextLong() >>> 1);
    }
}
