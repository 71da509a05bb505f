package demo.tools.traffic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HistogramTest {
    @Test
    void knowsEveryPercentileToEightTenthsOfAPercent() {
        var random = new SplittableRandom(1);
        long[] nanos = random.longs(20_000, 0, 40).map(shift -> random.nextLong(1L << 41) >>> shift).toArray();
        var histogram = new Histogram();

        Arrays.stream(nanos).forEach(histogram::record);

        Arrays.sort(nanos);
        for (double share : new double[] {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1}) {
            long exact = nanos[(int) Math.ceil(share * nanos.length) - 1];
            long told = histogram.percentileNanos(share);
            assertTrue(told >= exact && told <= exact + exact / 128, share + ": " + told + " for " + exact);
        }
        assertEquals(nanos[nanos.length - 1], histogram.maxNanos());
        assertEquals(nanos.length, histogram.count());
    }

    @Test
    void keepsTheExactMaximumOfWhatIsLongerThanItsBuckets() {
        var histogram = new Histogram();

        histogram.record(Long.MAX_VALUE);

        assertEquals(Long.MAX_VALUE, histogram.maxNanos());
        assertEquals(1, histogram.count());
    }

    @Test
    void saysWhatCameSinceAnEarlierLook() {
        var histogram = new Histogram();
        histogram.record(100);
        var earlier = new Histogram();
        earlier.add(histogram);

        histogram.record(5);

        assertEquals(1, histogram.since(earlier).count());
        assertEquals(5, histogram.since(earlier).percentileNanos(0.5));
    }
}
