package demo.log;

import java.util.function.Supplier;

/**
 * The ids of the span that is current on the calling thread. The log calls both for each event; they must not block.
 *
 * @param traceId 32 lower-case hexadecimal digits; null outside a span, then the line has neither id
 * @param spanId  16 lower-case hexadecimal digits
 */
public record CurrentSpan(Supplier<String> traceId, Supplier<String> spanId) {
    /** No thread is in a span. */
    public static final CurrentSpan NONE = new CurrentSpan(() -> null, () -> null);
}
