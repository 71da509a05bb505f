package demo.tools.traffic;

import demo.tools.traffic.Mix.Kind;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;

/** Counts the visits of one kind by outcome. Any thread may call. */
final class Results {
    private final Map<Outcome, Long> counts = new EnumMap<>(Outcome.class); // guarded by this
    /** From the moment a visit was due to the last byte of the response. */
    final Histogram latencies = new Histogram(); // guarded by this, but for a sum, which does not change
    /** From the moment a visit was due to its start. High values mean that the generator lacks CPU. */
    final Histogram delays = new Histogram(); // as latencies

    static Map<Kind, Results> byKind() {
        var byKind = new EnumMap<Kind, Results>(Kind.class);
        for (var kind : Kind.values()) {
            byKind.put(kind, new Results());
        }
        return byKind;
    }

    /** A copy of the sum. */
    static Results sum(Collection<Results> all) {
        var sum = new Results();
        for (var results : all) {
            synchronized (results) {
                results.counts.forEach((outcome, count) -> sum.counts.merge(outcome, count, Long::sum));
                sum.latencies.add(1, results.latencies);
                sum.delays.add(1, results.delays);
            }
        }
        return sum;
    }

    synchronized void count(Outcome outcome) {
        counts.merge(outcome, 1L, Long::sum);
    }

    synchronized void response(int status, long latencyNanos) {
        count(Outcome.of(status));
        latencies.record(latencyNanos);
    }

    synchronized void delay(long nanos) {
        delays.record(nanos);
    }

    long count(Collection<Outcome> outcomes) {
        return outcomes.stream().mapToLong(this::get).sum();
    }

    synchronized long get(Outcome outcome) {
        return counts.getOrDefault(outcome, 0L);
    }
}
