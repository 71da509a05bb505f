package demo.log;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * A throwable as text in the JDK's form, with causes and suppressed throwables.
 *
 * <p>The text is bounded from the middle. The outer throwables and the root cause have a budget each, so that class and
 * message of the root cause are always present. The budgets are in encoded bytes and together less than
 * {@link LogEvent#MAX_STRING_BYTES}: a later truncation at the end would remove the root cause.
 *
 * <p>A throwable whose own methods throw does not break the line; a cycle of causes ends.
 *
 * <pre>
 *   outer throwable, its frames, suppressed    at most 40,000 bytes
 *   Caused by: …
 *   … 1234 characters omitted
 *   Caused by: root cause, its frames          at most 20,000 bytes
 * </pre>
 */
final class StackTraceText {
    private static final int OUTER_BYTES = 40_000;
    private static final int ROOT_BYTES = 20_000;
    private static final int MAX_FRAMES = 64;
    private static final int MAX_HEAD_CHARS = 8_000;
    private static final int MAX_CAUSES = 1_000;
    /** Suppressed throwables may have causes and suppressed ones themselves. */
    private static final int MAX_SUPPRESSED_DEPTH = 8;
    private static final StackTraceElement[] NO_FRAMES = {};

    private final StringBuilder text = new StringBuilder(4_000);
    private final Set<Throwable> shown = Collections.newSetFromMap(new IdentityHashMap<>());
    private int bytesLeft;
    private long omittedChars;

    private StackTraceText() {
    }

    static String of(Throwable error) {
        List<Throwable> causes = causes(error);
        var trace = new StackTraceText();
        trace.bytesLeft = OUTER_BYTES;
        StackTraceElement[] enclosing = NO_FRAMES;
        for (int i = 0; i < causes.size(); i++) {
            if (i == causes.size() - 1) {
                trace.endSection();
                trace.bytesLeft += ROOT_BYTES;
            }
            trace.add(i == 0 ? "" : "\nCaused by: ", causes.get(i), enclosing, 0);
            enclosing = frames(causes.get(i));
        }
        trace.endSection();
        return trace.text.toString();
    }

    /** The throwable first, the root cause last. */
    private static List<Throwable> causes(Throwable error) {
        var causes = new ArrayList<Throwable>();
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Throwable t = error; t != null && causes.size() < MAX_CAUSES && seen.add(t); t = cause(t)) {
            causes.add(t);
        }
        return causes;
    }

    private void endSection() {
        if (omittedChars > 0) {
            text.append("\n… ").append(omittedChars).append(" characters omitted");
            omittedChars = 0;
        }
        bytesLeft = Math.max(bytesLeft, 0);
    }

    private void add(String caption, Throwable error, StackTraceElement[] enclosing, int suppressedDepth) {
        append(caption);
        append(head(error));
        if (!shown.add(error)) {
            append(" (shown above)");
            return;
        }
        StackTraceElement[] frames = frames(error);
        int own = frames.length - common(frames, enclosing);
        for (int i = 0; i < Math.min(own, MAX_FRAMES); i++) {
            append("\n\tat " + frames[i]);
        }
        if (frames.length > Math.min(own, MAX_FRAMES)) {
            append("\n\t... " + (frames.length - Math.min(own, MAX_FRAMES)) + " more");
        }
        if (suppressedDepth == MAX_SUPPRESSED_DEPTH || bytesLeft <= 0) {
            return;
        }
        for (Throwable suppressed : error.getSuppressed()) {
            add("\nSuppressed: ", suppressed, frames, suppressedDepth + 1);
        }
        Throwable cause = suppressedDepth == 0 ? null : cause(error);
        if (cause != null) {
            add("\nCaused by: ", cause, frames, suppressedDepth + 1);
        }
    }

    /** Appends as much of the piece as the budget permits; once it is exhausted, nothing. */
    private void append(String piece) {
        int i = 0;
        while (i < piece.length() && bytesLeft >= JsonEncoder.MAX_CHAR_BYTES) {
            char c = piece.charAt(i++);
            text.append(c);
            bytesLeft -= c >= ' ' && c < 0x7f && c != '"' && c != '\\' ? 1
                    : c == '\n' || c == '\t' || c == '"' || c == '\\' ? 2 : JsonEncoder.MAX_CHAR_BYTES;
        }
        if (i < piece.length()) {
            bytesLeft = 0;
            omittedChars += piece.length() - i;
        }
    }

    /** How many frames at the end are the same as in the enclosing throwable. */
    private static int common(StackTraceElement[] frames, StackTraceElement[] enclosing) {
        int count = 0;
        while (count < frames.length && count < enclosing.length
                && frames[frames.length - 1 - count].equals(enclosing[enclosing.length - 1 - count])) {
            count++;
        }
        return count;
    }

    /** Class and message. This and the next two methods call code that may throw. */
    private static String head(Throwable error) {
        try {
            String head = String.valueOf(error);
            return head.length() <= MAX_HEAD_CHARS ? head : head.substring(0, MAX_HEAD_CHARS) + "…";
        } catch (RuntimeException | StackOverflowError e) {
            return error.getClass().getName() + " (its message is unavailable: " + e.getClass().getName() + ")";
        }
    }

    private static Throwable cause(Throwable error) {
        try {
            return error.getCause();
        } catch (RuntimeException | StackOverflowError e) {
            return null;
        }
    }

    private static StackTraceElement[] frames(Throwable error) {
        try {
            StackTraceElement[] frames = error.getStackTrace();
            return frames == null ? NO_FRAMES : frames;
        } catch (RuntimeException | StackOverflowError e) {
            return NO_FRAMES;
        }
    }
}
