package demo.trace.agent;

import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.util.concurrent.locks.LockSupport;

/**
 * Holds up the agent's end until a service that serves has finished what is in flight. Shutdown hooks run at the same
 * time, so without this the agent would close before the last requests' spans have ended, and they would be lost. Must
 * be the first of the processors: they are ended one after the other.
 *
 * <p>That there is a processor at all keeps spans alive where nothing is exported: without one the SDK gives out no
 * ids, and lines and samples would have none.
 */
final class Draining implements SpanProcessor {
    /** The system property that demo.trace.SpanExport sets; all that both class loaders see without JMX. */
    private static final String SERVING = "demo.trace.serving";
    /** A little more than the service takes at the longest. */
    private static final long PATIENCE_MILLIS = 6_000;

    @Override
    public CompletableResultCode shutdown() {
        long deadline = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
        while (Boolean.getBoolean(SERVING) && System.nanoTime() < deadline) {
            LockSupport.parkNanos(5_000_000);
        }
        return CompletableResultCode.ofSuccess();
    }

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {
        // Nothing: spans are none of its business.
    }

    @Override
    public boolean isStartRequired() {
        return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
        // Nothing either.
    }

    @Override
    public boolean isEndRequired() {
        return false;
    }
}
