package demo.log;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One line of the log while it is put together: {@code log.info("orders", "order placed").with("order_id",
 * id).write()}.
 *
 * <p>A field's name that is already in the line, or that the log itself uses, gets an underscore in front, so that no
 * field can pass for another. A string past 64 KiB, and what would take the line past 256 KiB or 64 fields, is left
 * out; the line then ends with {@code truncated_chars}, how many characters that were. A null string is JSON's null.
 *
 * <p>One thread puts a line together; nothing is in the log before {@link #write} and nothing may be added after it.
 * A line that is never written costs nothing but its memory.
 *
 * <pre>
 *   {"timestamp":"2026-11-23T09:47:15.000042Z","level":"INFO","service":"api","logger":"orders",
 *    "thread":"virtual-42","message":"order placed","trace_id":"…","span_id":"…", then the event's own}
 * </pre>
 */
public final class LogEvent extends Pending {
    static final int MAX_LINE_BYTES = 256 * 1024;
    static final int MAX_STRING_BYTES = 64 * 1024;
    static final int MAX_NAME_BYTES = 256;
    private static final int MAX_FIELDS = 64;
    /** Kept free for {@code ,"truncated_chars":9223372036854775807} and the end. */
    private static final int TAIL_BYTES = 64;
    /** The widest number, and more than a string's quotes and ellipsis. */
    private static final int LEAST_VALUE_BYTES = 32;

    private static final byte[] THREAD = ascii("\",\"thread\":\"");
    private static final byte[] MESSAGE = ascii("\",\"message\":\"");
    private static final byte[] TRACE_ID = ascii(",\"trace_id\":\"");
    private static final byte[] SPAN_ID = ascii(",\"span_id\":\"");
    private static final byte[] TRUNCATED = ascii(",\"truncated_chars\":");
    private static final byte[] VIRTUAL = ascii("virtual-");
    private static final byte[] NULL = ascii("null");
    private static final byte[] TRUE = ascii("true");
    private static final byte[] FALSE = ascii("false");
    private static final byte[][] RESERVED = reserved("timestamp", "level", "service", "logger", "thread", "message",
            "trace_id", "span_id", "truncated_chars");

    private static final long RESERVED_MARKS = marks(RESERVED);

    private final Log log;
    private final UtcSecond second = new UtcSecond();
    /** Where each of the event's own names begins and ends, so that a second one of the same name is found. */
    private final int[] nameStarts = new int[MAX_FIELDS];
    private final int[] nameEnds = new int[MAX_FIELDS];
    private int fields;
    /** The {@link #mark} of every name in the line. */
    private long nameMarks;
    private long truncatedChars;
    /** The only thread that may touch the line, null while it is written or unused. */
    private Thread builder;

    /** A line of this log; of none when null: then it takes everything and goes nowhere. */
    LogEvent(Log log, int capacity) {
        super(new JsonText(capacity));
        this.log = log;
    }

    /** A line below the log's level. */
    static LogEvent ignored() {
        return new LogEvent(null, 0);
    }

    /** Starts over with the fields every line has. */
    LogEvent begin(Level newLevel, byte[] timestampName, byte[] levelAndService, long epochMicros,
                   String logger, String message, CurrentSpan span) {
        var thread = Thread.currentThread();
        builder = thread;
        level = newLevel;
        fields = 0;
        nameMarks = RESERVED_MARKS;
        truncatedChars = 0;
        text.cutTo(0);
        text.raw(timestampName);
        text.timestamp(second, epochMicros);
        text.raw(levelAndService);
        string(logger, MAX_NAME_BYTES);
        text.raw(THREAD);
        threadName(thread);
        text.raw(MESSAGE);
        string(message, MAX_STRING_BYTES);
        text.raw('"');
        String traceId = span.traceId();
        if (traceId != null) {
            id(TRACE_ID, traceId);
            id(SPAN_ID, span.spanId());
        }
        return this;
    }

    private void threadName(Thread thread) {
        String name = thread.getName();
        if (name.isEmpty() && thread.isVirtual()) {
            text.raw(VIRTUAL);
            text.number(thread.threadId());
        } else {
            string(name, MAX_NAME_BYTES);
        }
    }

    private void id(byte[] name, String value) {
        if (value != null) {
            text.raw(name);
            string(value, MAX_NAME_BYTES);
            text.raw('"');
        }
    }

    private void string(String value, int maxBytes) {
        truncatedChars += text.inside(String.valueOf(value), maxBytes);
    }

    public LogEvent with(String name, String value) {
        if (value == null) {
            return literal(name, NULL);
        }
        if (begins(name, value.length())) {
            text.raw('"');
            int left = MAX_LINE_BYTES - TAIL_BYTES - text.length();
            string(value, Math.min(left, MAX_STRING_BYTES));
            text.raw('"');
        }
        return this;
    }

    public LogEvent with(String name, long value) {
        if (begins(name, 1)) {
            text.number(value);
        }
        return this;
    }

    /** NaN and the infinities, which JSON hasn't, become the strings {@code "NaN"} and {@code "-Infinity"}. */
    public LogEvent with(String name, double value) {
        if (begins(name, 1)) {
            text.decimal(value);
        }
        return this;
    }

    public LogEvent with(String name, boolean value) {
        return literal(name, value ? TRUE : FALSE);
    }

    private LogEvent literal(String name, byte[] value) {
        if (begins(name, 1)) {
            text.raw(value);
        }
        return this;
    }

    /**
     * Adds {@code error_type}, the class's name, and {@code stack_trace}, with causes and suppressed ones, bounded and
     * on one line. Nothing is added for null.
     */
    public LogEvent error(Throwable error) {
        if (log == null || error == null) {
            return this;
        }
        return with("error_type", error.getClass().getName()).with("stack_trace", StackTraceText.of(error));
    }

    /** Returns when the line is in the file, or counted as lost; never throws because of either. */
    public void write() {
        if (log == null) {
            return;
        }
        checkBuilder();
        builder = null;
        end();
        log.write(this);
    }

    /** Makes it a whole line. */
    void end() {
        if (truncatedChars > 0) {
            text.raw(TRUNCATED);
            text.number(truncatedChars);
        }
        text.raw('}');
        text.raw('\n');
    }

    /** Writes a field's name and colon; where the line is full, or is ignored, it doesn't, and the answer is false. */
    private boolean begins(String name, int valueChars) {
        if (log == null) {
            return false;
        }
        checkBuilder();
        if (fields == MAX_FIELDS
                || text.length() > MAX_LINE_BYTES - TAIL_BYTES - LEAST_VALUE_BYTES - 2 * MAX_NAME_BYTES) {
            truncatedChars += String.valueOf(name).length() + (long) valueChars;
            return false;
        }
        text.raw(',');
        text.raw('"');
        nameItself(String.valueOf(name));
        text.raw('"');
        text.raw(':');
        return true;
    }

    private void nameItself(String name) {
        int start = text.length();
        truncatedChars += text.inside(name, MAX_NAME_BYTES);
        for (int underscores = 1; isTaken(start, text.length()); underscores++) {
            text.cutTo(start);
            for (int i = 0; i < underscores; i++) {
                text.raw('_');
            }
            text.inside(name, MAX_NAME_BYTES);
        }
        nameStarts[fields] = start;
        nameEnds[fields] = text.length();
        fields++;
        nameMarks |= mark(text.bytes(), start, text.length());
    }

    /** Names are compared as they were escaped: equal bytes are equal names to every reader. */
    private boolean isTaken(int start, int end) {
        byte[] bytes = text.bytes();
        if ((nameMarks & mark(bytes, start, end)) == 0) {
            return false;
        }
        for (byte[] name : RESERVED) {
            if (Arrays.equals(name, 0, name.length, bytes, start, end)) {
                return true;
            }
        }
        for (int i = 0; i < fields; i++) {
            if (Arrays.equals(bytes, nameStarts[i], nameEnds[i], bytes, start, end)) {
                return true;
            }
        }
        return false;
    }

    /** One of 64 bits; equal names have the same one, and most others another, which spares the comparison. */
    private static long mark(byte[] bytes, int start, int end) {
        if (start == end) {
            return 1;
        }
        return 1L << (7 * (end - start) + 5 * bytes[start] + bytes[end - 1]);
    }

    private static long marks(byte[][] names) {
        return Arrays.stream(names).mapToLong(name -> mark(name, 0, name.length)).reduce(0, (a, b) -> a | b);
    }

    private void checkBuilder() {
        if (builder != Thread.currentThread()) {
            throw new IllegalStateException("a line is put together by one thread and not touched after write()");
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[][] reserved(String... names) {
        return Arrays.stream(names).map(LogEvent::ascii).toArray(byte[][]::new);
    }
}
