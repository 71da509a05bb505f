package demo.log;

import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;

/**
 * The time for a line, to the microsecond, without an {@link Instant} each. The system's clock is read ten times a
 * second at most; in between the time since then is counted by {@link System#nanoTime}. So a clock that is set is
 * noticed a tenth of a second late. Any other clock, a test's, is asked for each line.
 *
 * <p>(A compiler that sees through everything makes no Instant either, but about one start in eight it doesn't.)
 *
 * <p>Any thread may call.
 */
final class LineClock {
    private static final long MAX_NANOS = 100_000_000;

    private final InstantSource clock;
    private final boolean system;
    private volatile Reading last;

    /** @param nanos what {@code System.nanoTime} said then */
    private record Reading(long nanos, long epochMicros) { }

    LineClock(InstantSource clock) {
        this.clock = clock;
        this.system = clock.equals(InstantSource.system()) || clock.equals(Clock.systemUTC());
        this.last = read(System.nanoTime());
    }

    /** Microseconds since 1970; instants that no line can say, before the year 0 or after 9999, become the nearest. */
    long epochMicros() {
        if (!system) {
            return micros(clock.instant());
        }
        long now = System.nanoTime();
        Reading reading = last;
        long since = now - reading.nanos();
        // Another thread may have read after this one asked for the time.
        if (since > MAX_NANOS) {
            reading = read(now);
            last = reading;
            return reading.epochMicros();
        }
        return reading.epochMicros() + since / 1_000;
    }

    private Reading read(long nanos) {
        return new Reading(nanos, micros(clock.instant()));
    }

    private static long micros(Instant instant) {
        long second = Math.clamp(instant.getEpochSecond(), UtcSecond.FIRST, UtcSecond.LAST);
        return second * 1_000_000 + instant.getNano() / 1_000;
    }
}
