package demo.tools.traffic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.tools.traffic.Mix.Kind;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ReportTest {
    @Test
    void reportsTheLastSecondInOneLine() {
        var results = Results.byKind();
        var report = new Report(results);

        results.get(Kind.MENU).response(200, 1_000_000);
        results.get(Kind.ORDER).response(503, 3_000_000);
        results.get(Kind.BAD).response(404, 2_000_000);
        assertEquals("1 s  3/s  p50 2.02  p99 3.00 ms  in flight 0  4xx 1  5xx 1", report.progress(1, 0));

        results.get(Kind.MENU).response(200, 2_000_000);
        results.get(Kind.ORDER).count(Outcome.REFUSED);
        results.get(Kind.BAD).count(Outcome.NOT_SENT);
        assertEquals("2 s  1/s  p50 2.02  p99 2.02 ms  in flight 7  4xx 1  5xx 1  no response 1  not sent 1"
                .substring(0, 79), report.progress(2, 7));
    }

    @Test
    void computesEveryPercentileToOnePercentAndTheMaximumExactly() {
        var random = new SplittableRandom(1);
        long[] nanos = random.longs(20_000, 0, 40).map(shift -> Math.max(1, random.nextLong(1L << 41) >>> shift))
                .toArray();
        var histogram = new Histogram();

        Arrays.stream(nanos).forEach(histogram::record);

        Arrays.sort(nanos);
        for (double share : new double[] {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1}) {
            long exact = nanos[(int) Math.ceil(share * nanos.length) - 1];
            long computed = histogram.percentileNanos(share);
            assertTrue(computed >= exact && computed <= Math.ceil(exact * 1.01),
                    computed + " for " + exact);
        }
        assertEquals(nanos[nanos.length - 1], histogram.maxNanos());
        histogram.record(Long.MAX_VALUE);
        assertEquals(Long.MAX_VALUE, histogram.maxNanos());
    }
}
