package demo.tools.verify;

import java.time.Instant;

/**
 * The request that is followed: an order that was accepted.
 *
 * @param spanId of the service's own span, as its answer said
 * @param sentAt just before it was sent
 */
record Followed(String traceId, String spanId, Instant sentAt, double tookMillis) {
    /** Seconds since the epoch, as PromQL writes time. */
    double sentAtSeconds() {
        return sentAt.toEpochMilli() / 1e3;
    }
}
