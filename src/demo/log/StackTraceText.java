package demo.log;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * A throwable as text in the form everyone knows, with its causes and suppressed ones, but bounded: 64 frames each,
 * 8 levels deep, 32 throwables and 48,000 characters in all. One that was already shown, as in a circle of causes, is
 * named and not followed. One whose own methods throw doesn't spoil the line.
 */
final class StackTraceText {
    private static final int MAX_FRAMES = 64;
    private static final int MAX_DEPTH = 8;
    private static final int MAX_THROWABLES = 32;
    private static final int MAX_CHARS = 48_000;
    private static final int MAX_HEAD_CHARS = 8_000;

    private final StringBuilder text = new StringBuilder(4_000);
    private final Set<Throwable> shown = Collections.newSetFromMap(new IdentityHashMap<>());

    private StackTraceText() {
    }

    static String of(Throwable error) {
        var trace = new StackTraceText();
        trace.add("", error, new StackTraceElement[0], 0);
        if (trace.text.length() > MAX_CHARS) {
            int left = trace.text.length() - MAX_CHARS;
            trace.text.setLength(MAX_CHARS);
            trace.text.append("… ").append(left).append(" more characters");
        }
        return trace.text.toString();
    }

    private void add(String caption, Throwable error, StackTraceElement[] enclosing, int depth) {
        if (!text.isEmpty()) {
            text.append('\n');
        }
        text.append(caption).append(head(error));
        if (!shown.add(error)) {
            text.append(" (shown above)");
            return;
        }
        if (depth == MAX_DEPTH || shown.size() > MAX_THROWABLES || text.length() > MAX_CHARS) {
            text.append(" (not followed further)");
            return;
        }
        StackTraceElement[] frames = framesOf(error);
        addFrames(frames, frames.length - inCommon(frames, enclosing));
        for (Throwable suppressed : error.getSuppressed()) {
            if (text.length() > MAX_CHARS) {
                return;
            }
            add("Suppressed: ", suppressed, frames, depth + 1);
        }
        Throwable cause = causeOf(error);
        if (cause != null) {
            add("Caused by: ", cause, frames, depth + 1);
        }
    }

    private void addFrames(StackTraceElement[] frames, int own) {
        int shownFrames = Math.min(own, MAX_FRAMES);
        for (int i = 0; i < shownFrames; i++) {
            text.append("\n\tat ").append(frames[i]);
        }
        if (frames.length > shownFrames) {
            text.append("\n\t... ").append(frames.length - shownFrames).append(" more");
        }
    }

    /** How many frames at the end were shown with the throwable around this one. */
    private static int inCommon(StackTraceElement[] frames, StackTraceElement[] enclosing) {
        int count = 0;
        while (count < frames.length && count < enclosing.length
                && frames[frames.length - 1 - count].equals(enclosing[enclosing.length - 1 - count])) {
            count++;
        }
        return count;
    }

    /** The class and the message; these three methods may be anyone's code. */
    private static String head(Throwable error) {
        try {
            String head = String.valueOf(error);
            return head.length() <= MAX_HEAD_CHARS ? head : head.substring(0, MAX_HEAD_CHARS) + "…";
        } catch (RuntimeException | StackOverflowError e) {
            return error.getClass().getName() + " (its message can't be had: " + e.getClass().getName() + ")";
        }
    }

    private static Throwable causeOf(Throwable error) {
        try {
            return error.getCause();
        } catch (RuntimeException | StackOverflowError e) {
            return null;
        }
    }

    private static StackTraceElement[] framesOf(Throwable error) {
        try {
            StackTraceElement[] frames = error.getStackTrace();
            return frames == null ? new StackTraceElement[0] : frames;
        } catch (RuntimeException | StackOverflowError e) {
            return new StackTraceElement[0];
        }
    }
}
