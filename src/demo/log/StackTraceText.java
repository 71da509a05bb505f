package demo.log;

import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * A throwable as the JDK prints it. A long one is truncated, and the root cause follows, so that its class and message
 * are always present. The limits are in encoded bytes and together less than {@link LogEvent#MAX_STRING_BYTES}: a later
 * truncation at the end would remove the root cause. A throwable whose own methods throw does not break the line.
 *
 * <pre>
 *   the throwable as the JDK prints it           at most 40,000 bytes, then
 *   … truncated, the root cause is:
 *   the root cause as the JDK prints it          at most 20,000 bytes
 * </pre>
 */
final class StackTraceText {
    private static final int MAX_BYTES = 40_000;
    private static final int MAX_ROOT_BYTES = 20_000;
    private static final int MAX_CAUSES = 10_000;

    private StackTraceText() { }

    static String of(Throwable error) {
        String text = prefix(print(error), MAX_BYTES);
        String root = prefix(print(rootCause(error)), MAX_ROOT_BYTES);
        return text.contains(root.lines().findFirst().orElse("")) ? text
                : text + "\n… truncated, the root cause is:\n" + root;
    }

    private static String print(Throwable error) {
        var out = new StringWriter();
        try {
            error.printStackTrace(new PrintWriter(out));
        } catch (RuntimeException | StackOverflowError e) {
            out.write(error.getClass().getName() + " (cannot be printed: " + e.getClass().getName() + ")");
        }
        return out.toString().stripTrailing();
    }

    private static Throwable rootCause(Throwable error) {
        Throwable root = error;
        try {
            for (int causes = 0; root.getCause() != null && causes < MAX_CAUSES; causes++) { // causes may form a ring
                root = root.getCause();
            }
        } catch (RuntimeException | StackOverflowError e) {
            // The next cause is unavailable.
        }
        return root;
    }

    private static String prefix(String text, int maxBytes) {
        int charsLeftOut = new JsonEncoder(0).string(text, maxBytes);
        return charsLeftOut == 0 ? text : text.substring(0, text.length() - charsLeftOut) + "…";
    }
}
