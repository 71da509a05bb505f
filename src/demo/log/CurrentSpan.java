package demo.log;

/** The ids of the span that is current on the calling thread. Called for each event; must not block. */
public interface CurrentSpan {
    /** No thread is in a span. */
    CurrentSpan NONE = new CurrentSpan() { };

    /** 32 lower-case hexadecimal digits; null outside a span, then the line has neither id. */
    default String traceId() {
        return null;
    }

    /** 16 lower-case hexadecimal digits; null outside a span. */
    default String spanId() {
        return null;
    }
}
