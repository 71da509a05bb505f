package demo.infra;

import java.time.Duration;
import java.time.Instant;

/** A period in which a service was unavailable, both ends included. */
record Outage(Instant from, Instant to) {
    boolean near(Instant time, Duration margin) {
        return !time.isBefore(from.minus(margin)) && !time.isAfter(to.plus(margin));
    }
}
