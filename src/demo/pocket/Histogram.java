package demo.pocket;

/** How a histogram's buckets answer "how long at most, for this share of the requests?", by Prometheus' own rule. */
final class Histogram {
    private Histogram() {}

    /**
     * The value below which the share {@code q} (0 to 1) lies: PromQL's {@code histogram_quantile}, which takes the
     * values in a bucket as evenly spread and, beyond the last bound, answers that bound. NaN where nothing was counted.
     *
     * @param bounds the buckets' upper bounds, ascending, the last one infinite
     * @param counts how many fell into each bucket alone (not cumulative)
     */
    static double quantile(double q, double[] bounds, long[] counts) {
        long total = 0;
        for (long count : counts) {
            total += count;
        }
        if (total == 0) {
            return Double.NaN;
        }
        double rank = q * total;
        long below = 0;
        int i = 0;
        while (i < counts.length - 1 && below + counts[i] < rank) {
            below += counts[i++];
        }
        if (i == counts.length - 1) {
            return i == 0 ? Double.NaN : bounds[i - 1];
        }
        double low = i == 0 ? 0 : bounds[i - 1];
        return counts[i] == 0 ? low : low + (bounds[i] - low) * (rank - below) / counts[i];
    }
}
