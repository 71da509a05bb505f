package demo.pocket;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The newest log lines, as they were written, with an index to find them by time, level, method and trace. Loki does this
 * job in the full stack: there, level and method are labels and the trace id is structured metadata; text is searched
 * line by line, as here.
 *
 * <p>Any thread may call. Bounds: {@value #MAX_BYTES} bytes of lines and {@value #MAX_LINES} lines; the oldest go first.
 * Nothing is allocated per line.
 *
 * <pre>
 * text    |…line 7|line 8|      free      |line 5|line 6|gap|    a line never wraps: the gap is skipped
 * lines   first = 5                             next = 9         line n is described in slot n modulo MAX_LINES
 * </pre>
 */
final class LogStore {
    static final int MAX_BYTES = 20_000_000;
    static final int MAX_LINES = 65_536;

    /** What to look for: any of these may be 0, "" or null for "all". {@code level} means this bad or worse. */
    record Query(long fromMillis, long toMillis, int level, int method, TraceId trace, String text, String route,
            long after, int limit) {}

    // all guarded by this
    private final byte[] text = new byte[MAX_BYTES];
    private final long[] position = new long[MAX_LINES]; // of the line's first byte, counted from the store's beginning
    private final int[] length = new int[MAX_LINES];
    private final long[] millis = new long[MAX_LINES];
    private final long[] traceHigh = new long[MAX_LINES];
    private final long[] traceLow = new long[MAX_LINES];
    private final byte[] level = new byte[MAX_LINES];
    private final byte[] method = new byte[MAX_LINES];
    private final boolean[] json = new boolean[MAX_LINES];
    private long first;
    private long next;
    private long written;

    /** Keeps one line, without its end. A line longer than a quarter of the store is refused. */
    synchronized void add(LogLine line, byte[] buffer, int offset, int bytes) {
        if (bytes > MAX_BYTES / 4) {
            throw new IllegalArgumentException("a log line must have at most " + MAX_BYTES / 4 + " bytes, had " + bytes);
        }
        int at = (int) (written % MAX_BYTES);
        if (at + bytes > MAX_BYTES) {
            written += MAX_BYTES - at;
        }
        while (first < next && (next - first == MAX_LINES || slotPosition(first) + MAX_BYTES < written + bytes)) {
            first++;
        }
        int slot = (int) (next % MAX_LINES);
        System.arraycopy(buffer, offset, text, (int) (written % MAX_BYTES), bytes);
        position[slot] = written;
        length[slot] = bytes;
        millis[slot] = line.epochMillis();
        traceHigh[slot] = line.trace() == null ? 0 : line.trace().high();
        traceLow[slot] = line.trace() == null ? 0 : line.trace().low();
        level[slot] = line.level();
        method[slot] = line.method();
        json[slot] = line.json();
        written += bytes;
        next++;
    }

    private long slotPosition(long line) {
        return position[(int) (line % MAX_LINES)];
    }

    synchronized void writeStatus(JsonGenerator out) throws IOException {
        out.writeNumberField("lines", next);
        out.writeNumberField("lines_kept", next - first);
        out.writeNumberField("bytes_kept", first == next ? 0 : written - slotPosition(first));
        out.writeNumberField("bytes_most", MAX_BYTES);
        out.writeNumberField("oldest_millis", first == next ? 0 : millis[(int) (first % MAX_LINES)]);
    }

    /**
     * Writes the newest lines that match, newest first: {@code {"next": 9, "more": false, "lines": [{"number": 8, "line":
     * {…}}]}}. A line that isn't JSON comes as {@code "text"} in place of {@code "line"}. {@code next} is what to give as
     * {@code after} to get only newer ones.
     */
    synchronized void write(JsonGenerator out, Query query) throws IOException {
        var word = new ByteSearch(query.text);
        var route = new ByteSearch(query.route.isEmpty() ? "" : "\"route\":\"" + query.route + '"');
        out.writeStartObject();
        out.writeNumberField("next", next);
        out.writeArrayFieldStart("lines");
        int given = 0;
        long line = next - 1;
        for (; line >= Math.max(first, query.after) && given < query.limit; line--) {
            int slot = (int) (line % MAX_LINES);
            int start = (int) (position[slot] % MAX_BYTES);
            int end = start + length[slot];
            if (matches(slot, query) && route.in(text, start, end) && word.in(text, start, end)) {
                out.writeStartObject();
                out.writeNumberField("number", line);
                String raw = new String(text, start, length[slot], StandardCharsets.UTF_8);
                if (json[slot]) {
                    out.writeFieldName("line");
                    out.writeRawValue(raw); // parsed as one whole JSON object when it came
                } else {
                    out.writeStringField("text", raw);
                }
                out.writeEndObject();
                given++;
            }
        }
        out.writeEndArray();
        out.writeBooleanField("more", line >= Math.max(first, query.after));
        out.writeEndObject();
    }

    private boolean matches(int slot, Query query) {
        return level[slot] >= query.level
                && (query.method == 0 || method[slot] == query.method)
                && (query.trace == null || traceLow[slot] == query.trace.low() && traceHigh[slot] == query.trace.high())
                && (query.toMillis == 0 || millis[slot] >= query.fromMillis && millis[slot] < query.toMillis);
    }
}
