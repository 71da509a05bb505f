package demo.log;

/**
 * The ids of the span that is current on the calling thread. Called for each event, on the thread that logs; must not
 * block.
 */
public interface CurrentSpan {
    /** No thread is in a span. */
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

    /** 32 lower-case hexadecimal digits; null outside a span, then the line has neither id. */
    String traceId();

    /** 16 lower-case hexadecimal digits; null outside a span. */
    String spanId();
}
