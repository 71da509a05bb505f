package demo.pocket;

import java.time.Instant;

/**
 * A stretch of time that the page asks about, in epoch seconds, {@code to} excluded, cut into at most {@code points}
 * steps of whole seconds. The steps lie on multiples of their length, so that a chart that moves on keeps its shape.
 */
record Window(long from, long to, int points) {
    Window {
        if (from < 0 || to <= from || to - from > 86_400) {
            throw new IllegalArgumentException("time window must be 1 s to 1 day long, was " + from + " to " + to);
        }
        if (points < 1 || points > 900) {
            throw new IllegalArgumentException("points must be 1 to 900, was " + points);
        }
    }

    /** The stretch that ends now. */
    static Window last(long seconds, Instant now, int points) {
        long to = now.getEpochSecond() + 1;
        return new Window(to - seconds, to, points);
    }

    long step() {
        return Math.ceilDiv(to - from, points);
    }

    long start() {
        return Math.floorDiv(from, step()) * step();
    }

    int steps() {
        return (int) Math.ceilDiv(to - start(), step());
    }

    boolean holds(double epochSeconds) {
        return epochSeconds >= from && epochSeconds < to;
    }
}
