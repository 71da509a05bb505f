package demo.trace.agent;

import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Delays the shutdown of {@code processor} until the service has finished its requests, so that their spans are
 * flushed, and bounds the flush: the exporter would retry an unreachable endpoint for ten seconds.
 *
 * <p>Shutdown hooks run concurrently. The agent's hook calls {@link #shutdown}, the service's hook clears the property.
 */
record GracefulShutdown(SpanProcessor processor) implements SpanProcessor {
    /** Set by demo.trace.Agent while the service accepts requests. */
    private static final String SERVING = "demo.trace.serving";
    /** More than the service waits for its requests (2 s). */
    private static final long MAX_REQUEST_MILLIS = 3_000;
    private static final long MAX_FLUSH_MILLIS = 1_000;

    @Override
    public CompletableResultCode shutdown() {
        long deadline = System.nanoTime() + MAX_REQUEST_MILLIS * 1_000_000;
        while (Boolean.getBoolean(SERVING) && System.nanoTime() < deadline) {
            LockSupport.parkNanos(5_000_000);
        }
        processor.shutdown().join(MAX_FLUSH_MILLIS, TimeUnit.MILLISECONDS);
        return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode forceFlush() {
        return processor.forceFlush();
    }

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {
        processor.onStart(parent, span);
    }

    @Override
    public boolean isStartRequired() {
        return processor.isStartRequired();
    }

    @Override
    public void onEnd(ReadableSpan span) {
        processor.onEnd(span);
    }

    @Override
    public boolean isEndRequired() {
        return processor.isEndRequired();
    }
}
