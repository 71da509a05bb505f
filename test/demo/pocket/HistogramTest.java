package demo.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class HistogramTest {
    private static final double[] BOUNDS = {1, 2, 4, Double.POSITIVE_INFINITY};

    @Test
    void spreadsTheValuesOfABucketEvenly() {
        assertEquals(1.5, Histogram.quantile(0.5, BOUNDS, new long[] {0, 10, 0, 0}));
        assertEquals(0.5, Histogram.quantile(0.25, BOUNDS, new long[] {10, 10, 0, 0}));
        assertEquals(3.8, Histogram.quantile(0.95, BOUNDS, new long[] {5, 0, 5, 0}), 1e-9);
    }

    @Test
    void answersTheLastBoundBeyondIt() {
        assertEquals(4, Histogram.quantile(0.99, BOUNDS, new long[] {1, 0, 0, 9}));
    }

    @Test
    void hasNoAnswerWithoutValues() {
        assertEquals(Double.NaN, Histogram.quantile(0.5, BOUNDS, new long[4]));
    }
}
