package demo.log;

/**
 * The ids of the span that is current on the calling thread: the shape this room needs, joined to a tracer by whoever
 * starts things. Asked once for every line, on the thread that logs; must not block.
 */
public interface CurrentSpan {
    /** No thread is ever in a span. */
    CurrentSpan NONE = new CurrentSpan() {
        @Override
        public String traceId() {
            return null;
        }

        @Override
        public String spanId() {
            return null;
        }
    };

    /** 32 lower-case hex digits, or null outside a span: then the line has neither id. */
    String traceId();

    /** 16 lower-case hex digits, or null outside a span. */
    String spanId();
}
