package demo.tools.traffic;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What became of the visits of one kind. Each arrival is counted once: it was sent or it was not, and what was sent has
 * an answer of some status class or a reason why it has none. Any thread may count.
 */
final class Tally {
    private static final int CLASSES = 6;

    private final AtomicLongArray answers = new AtomicLongArray(CLASSES);
    private final AtomicLongArray failures = new AtomicLongArray(Failure.values().length);
    private final AtomicLongArray notSent = new AtomicLongArray(1);
    private final Histogram latencies = new Histogram();

    void answered(int status, long nanos) {
        answers.incrementAndGet(Math.clamp(status / 100, 0, CLASSES - 1));
        latencies.record(nanos);
    }

    void failed(Failure failure) {
        failures.incrementAndGet(failure.ordinal());
    }

    void notSent() {
        notSent.incrementAndGet(0);
    }

    /** Answers of one class: 2 for 200 to 299. */
    long answers(int statusClass) {
        return answers.get(statusClass);
    }

    long answers() {
        return sum(answers);
    }

    long failures(Failure failure) {
        return failures.get(failure.ordinal());
    }

    long failures() {
        return sum(failures);
    }

    long notSentCount() {
        return notSent.get(0);
    }

    long sent() {
        return answers() + failures();
    }

    /** From the moment a visit was due to the last byte of its answer; what has no answer is not in it. */
    Histogram latencies() {
        return latencies;
    }

    void add(Tally other) {
        addAll(answers, other.answers);
        addAll(failures, other.failures);
        addAll(notSent, other.notSent);
        latencies.add(other.latencies);
    }

    private static void addAll(AtomicLongArray to, AtomicLongArray from) {
        for (int i = 0; i < to.length(); i++) {
            to.addAndGet(i, from.get(i));
        }
    }

    private static long sum(AtomicLongArray counts) {
        long sum = 0;
        for (int i = 0; i < counts.length(); i++) {
            sum += counts.get(i);
        }
        return sum;
    }
}
