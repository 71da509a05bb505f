package demo.log;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One event under construction: {@code log.info("orders", "order placed").with("order_id", id).write()}.
 *
 * <p>A field name that the event already has, or that the log itself uses, gets an underscore in front, so that no
 * field can replace another. A null string becomes JSON's null.
 *
 * <p>Limits: 64 KiB a string, 256 KiB a line, of which the last 68 KiB are reserved for {@link #error}. What exceeds
 * them is left out, and the line ends with {@code truncated_chars}, the number of chars left out.
 *
 * <p>Not thread-safe. Nothing is in the log before {@link #write}.
 *
 * <pre>
 *   {"timestamp":"2026-11-23T09:47:15.000042Z","level":"INFO","service":"api","logger":"orders",
 *    "thread":"virtual-42","message":"order placed","trace_id":"…","span_id":"…", then the fields of the event}
 * </pre>
 */
public final class LogEvent {
    static final int MAX_LINE_BYTES = 256 * 1024;
    static final int MAX_STRING_BYTES = 64 * 1024;
    static final int MAX_NAME_BYTES = 256;
    /** Where ordinary fields end, so that an error's type and stack trace always fit. */
    private static final int MAX_FIELDS_BYTES = MAX_LINE_BYTES - 68 * 1024;
    /** A field is left out if the line has fewer bytes left. Upper bound for a name, a number and the line's end. */
    private static final int MIN_FIELD_BYTES = 1_024;
    /** Upper bound for {@code truncated_chars} and the end of the line. */
    private static final int END_BYTES = 64;
    /** Most lines of the service fit without a copy. */
    private static final int INITIAL_BYTES = 512;
    private static final Set<String> RESERVED = Set.of("timestamp", "level", "service", "logger", "thread", "message",
            "trace_id", "span_id", "truncated_chars");

    private final Log log; // null for an event below the log's level: it accepts everything and is not written
    final Level level;
    final JsonEncoder json;
    private final List<String> names = new ArrayList<>(); // of the event's own fields, encoded
    private int fieldsEnd = MAX_FIELDS_BYTES; // in bytes; fields that would exceed it are truncated or left out
    private long truncatedChars;
    private boolean written;

    LogEvent() {
        log = null;
        level = null;
        json = null;
    }

    LogEvent(Log log, Level level, String logger, String message, CurrentSpan span) {
        this.log = log;
        this.level = level;
        json = new JsonEncoder(INITIAL_BYTES);
        log.encodeHead(json, level);
        append(",\"logger\":\"", logger, MAX_NAME_BYTES);
        Thread thread = Thread.currentThread();
        String threadName = thread.getName();
        append(",\"thread\":\"", threadName.isEmpty() ? "virtual-" + thread.threadId() : threadName,
                MAX_NAME_BYTES);
        append(",\"message\":\"", message, MAX_STRING_BYTES);
        String traceId = span.traceId().get();
        if (traceId != null) {
            append(",\"trace_id\":\"", traceId, MAX_NAME_BYTES);
            append(",\"span_id\":\"", span.spanId().get(), MAX_NAME_BYTES);
        }
    }

    private void append(String start, String value, int maxBytes) {
        json.raw(start);
        truncatedChars += json.string(String.valueOf(value), maxBytes);
        json.raw("\"");
    }

    public LogEvent with(String name, String value) {
        if (value == null) {
            return literal(name, "null");
        }
        if (begin(name, value.length())) {
            append("\"", value, Math.min(fieldsEnd - END_BYTES - json.length, MAX_STRING_BYTES));
        }
        return this;
    }

    public LogEvent with(String name, long value) {
        return literal(name, Long.toString(value));
    }

    /** NaN and the infinities, which JSON does not have, become strings, as in the JSON form of Protocol Buffers. */
    public LogEvent with(String name, double value) {
        String digits = Double.toString(value);
        return literal(name, Double.isFinite(value) ? digits : '"' + digits + '"');
    }

    public LogEvent with(String name, boolean value) {
        return literal(name, Boolean.toString(value));
    }

    /**
     * Adds {@code error_type}, the class name, and {@code stack_trace}, which is bounded and always contains class and
     * message of the root cause. Adds nothing for null.
     */
    public LogEvent error(Throwable error) {
        if (log != null && error != null) {
            fieldsEnd = MAX_LINE_BYTES;
            with("error_type", error.getClass().getName()).with("stack_trace", StackTraceText.of(error));
            fieldsEnd = MAX_FIELDS_BYTES;
        }
        return this;
    }

    /** Returns when the line is in the file or is counted as dropped. A failure of the disk throws nothing. */
    public void write() {
        if (log != null) {
            checkNotWritten();
            written = true;
            end();
            log.write(this);
        }
    }

    /** @param value JSON, short enough for {@link #MIN_FIELD_BYTES} */
    private LogEvent literal(String name, String value) {
        if (begin(name, value.length())) {
            json.raw(value);
        }
        return this;
    }

    /** Appends a field's name and colon; false if the event is ignored or full. */
    private boolean begin(String name, int valueChars) {
        if (log == null) {
            return false;
        }
        checkNotWritten();
        String text = String.valueOf(name);
        if (json.length > fieldsEnd - MIN_FIELD_BYTES) {
            truncatedChars += text.length() + (long) valueChars;
            return false;
        }
        json.raw(",\"");
        int start = json.length;
        truncatedChars += json.string(text, MAX_NAME_BYTES);
        for (int underscores = 1; !isNew(start); underscores++) {
            json.length = start;
            json.raw("_".repeat(underscores));
            json.string(text, MAX_NAME_BYTES);
        }
        json.raw("\":");
        return true;
    }

    /** Compares encoded names: names that differ only in a truncated or replaced char are equal once encoded. */
    private boolean isNew(int start) {
        String name = new String(json.bytes, start, json.length - start, StandardCharsets.ISO_8859_1);
        return !RESERVED.contains(name) && !names.contains(name) && names.add(name);
    }

    private void checkNotWritten() {
        if (written) {
            throw new IllegalStateException("the event is already written; begin a new one");
        }
    }

    /** Completes the line. */
    void end() {
        if (truncatedChars > 0) {
            json.raw(",\"truncated_chars\":" + truncatedChars);
        }
        json.raw("}\n");
    }
}
