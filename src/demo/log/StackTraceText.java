package demo.log;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A throwable as the JDK prints it. A long one is truncated, and the root cause follows, so that its class and message
 * are always present. The limits are in encoded bytes and together less than {@link LogEvent#MAX_STRING_BYTES}: a later
 * truncation at the end would remove the root cause. A throwable whose own methods throw does not break the line.
 *
 * <pre>
 *   the throwable as the JDK prints it           at most 40,000 bytes, then
 *   … incomplete, the root cause is:
 *   class and message of the root cause, frames  at most 20,000 bytes
 * </pre>
 */
final class StackTraceText {
    private static final int MAX_BYTES = 40_000;
    private static final int MAX_ROOT_BYTES = 20_000;
    private static final int MAX_CAUSES = 10_000;

    private StackTraceText() {
    }

    static String of(Throwable error) {
        String text = print(() -> {
            var out = new StringWriter();
            error.printStackTrace(new PrintWriter(out));
            return out.toString().stripTrailing();
        });
        if (text != null && prefix(text, MAX_BYTES).length() == text.length()) {
            return text;
        }
        Throwable root = rootCause(error);
        String rootText = print(() -> {
            var out = new StringBuilder().append(root);
            for (StackTraceElement frame : root.getStackTrace()) {
                out.append("\n\tat ").append(frame);
            }
            return out.toString();
        });
        return prefix(text == null ? error.getClass().getName() : text, MAX_BYTES)
                + "\n… incomplete, the root cause is:\n"
                + prefix(rootText == null ? root.getClass().getName() : rootText, MAX_ROOT_BYTES);
    }

    /** Null if the code of the throwable fails. */
    private static String print(Supplier<String> code) {
        try {
            return code.get();
        } catch (RuntimeException | StackOverflowError e) {
            return null;
        }
    }

    private static Throwable rootCause(Throwable error) {
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Throwable root = error;
        try {
            for (Throwable t = error; t != null && seen.size() < MAX_CAUSES && seen.add(t); t = t.getCause()) {
                root = t;
            }
        } catch (RuntimeException | StackOverflowError e) {
            // The next cause is unavailable.
        }
        return root;
    }

    private static String prefix(String text, int maxBytes) {
        int length = 0;
        for (int bytes = 0; length < text.length(); length++) {
            bytes += JsonEncoder.isPlain(text.charAt(length)) ? 1 : JsonEncoder.MAX_CHAR_BYTES;
            if (bytes > maxBytes) {
                break;
            }
        }
        return text.substring(0, length);
    }
}
