package demo.trace.agent;

import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;

/** Counts the spans that are to be exported, whether or not the queue takes them. */
record EndedSpans(SpanExport export) implements SpanProcessor {
    @Override
    public void onStart(Context parent, ReadWriteSpan span) {
        // Nothing: it may yet be long.
    }

    @Override
    public boolean isStartRequired() {
        return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
        if (span.getSpanContext().isSampled()) {
            export.ended();
        }
    }

    @Override
    public boolean isEndRequired() {
        return true;
    }
}
