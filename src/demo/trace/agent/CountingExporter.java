package demo.trace.agent;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the spans that another exporter delivers and drops, and reports its last error. */
final class CountingExporter implements SpanExporter {
    private final SpanExporter exporter;
    private final AtomicLong exported = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();

    CountingExporter(SpanExporter exporter) {
        this.exporter = exporter;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        int count = spans.size();
        var result = exporter.export(spans);
        return result.whenComplete(() -> {
            if (result.isSuccess()) {
                TraceExtension.report("exported", Long.toString(exported.addAndGet(count)));
                TraceExtension.report("error", null);
            } else {
                TraceExtension.report("failed", Long.toString(failed.addAndGet(count)));
                TraceExtension.report("error", reason(result.getFailureThrowable()));
            }
        });
    }

    /** The root cause's message, for example "connection refused"; an error response has none. */
    private static String reason(Throwable error) {
        Throwable cause = error;
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause == null || cause.getMessage() == null ? "error response" : cause.getMessage();
    }

    @Override
    public CompletableResultCode flush() {
        return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return exporter.shutdown();
    }
}
