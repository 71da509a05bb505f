package demo.pocket;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * What the service holds at the moment of each scrape: heap, and requests in flight. 15 minutes, one value a second.
 * A metric with several label sets counts as their sum. Not for threads: its owner guards it.
 */
final class Gauges {
    static final List<String> NAMES = List.of("heap_used", "heap_after_gc", "in_flight");

    private final long[] second = new long[RequestMetrics.SECONDS];
    private final double[][] values = new double[RequestMetrics.SECONDS][NAMES.size()];

    /** Which of the names a sample belongs to, -1 for none. */
    static int place(OpenMetrics.Sample sample) {
        return switch (sample.name()) {
            case "jvm_memory_used_bytes" -> "heap".equals(sample.labels().get("area")) ? 0 : -1;
            case "jvm_memory_pool_collection_used_bytes" -> 1;
            case "http_server_active_requests" -> 2;
            default -> -1;
        };
    }

    void take(long epochSecond, double[] scraped) {
        int slot = Math.floorMod(epochSecond, RequestMetrics.SECONDS);
        second[slot] = epochSecond;
        values[slot] = scraped;
    }

    /** Writes the greatest value in each step, null where there was no scrape. */
    void write(JsonGenerator out, Window window) throws IOException {
        double[][] greatest = new double[NAMES.size()][window.steps()];
        for (double[] steps : greatest) {
            Arrays.fill(steps, Double.NaN);
        }
        for (long t = Math.max(window.start(), window.to() - RequestMetrics.SECONDS); t < window.to(); t++) {
            int slot = Math.floorMod(t, RequestMetrics.SECONDS);
            int step = (int) ((t - window.start()) / window.step());
            for (int i = 0; i < NAMES.size() && second[slot] == t; i++) {
                greatest[i][step] = Math.max(values[slot][i], Double.isNaN(greatest[i][step]) ? 0 : greatest[i][step]);
            }
        }
        for (int i = 0; i < NAMES.size(); i++) {
            out.writeArrayFieldStart(NAMES.get(i));
            for (double value : greatest[i]) {
                RequestMetrics.write(out, value);
            }
            out.writeEndArray();
        }
    }
}
