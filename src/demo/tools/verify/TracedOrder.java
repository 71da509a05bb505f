package demo.tools.verify;

import java.time.Instant;

/**
 * The accepted order that every check follows.
 *
 * @param spanId of the service's own span, from the {@code traceresponse} header
 * @param sentAt just before the request was sent
 */
record TracedOrder(String traceId, String spanId, Instant sentAt, double tookMillis) {
    /** Seconds since the epoch, as PromQL writes time. */
    double sentAtSeconds() {
        return sentAt.toEpochMilli() / 1e3;
    }
}
