package demo.pocket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The newest log lines, as they were written. Loki does this job in the full stack, and in the same way: a query looks
 * through every line. (Loki has an index of three labels besides.) So the level ERROR is the word
 * {@code "level":"ERROR"}, which no message can forge: inside a JSON string its quotes would be escaped.
 *
 * <p>Any thread may call. Bound: {@value #MAX_BYTES} bytes with what the JVM adds to a line; the oldest go first.
 */
final class LogStore {
    static final int MAX_BYTES = 20_000_000;
    private static final int LINE_OVERHEAD = 48;
    private static final int TIME = "{\"timestamp\":\"".length(); // where each line has it, by the service's contract
    private static final int TIME_END = TIME + "2026-11-23T11:05:34".length();

    record Status(long lines, int linesKept, long bytesKept, long bytesMost) {}

    // all guarded by this
    private final ArrayDeque<String> lines = new ArrayDeque<>(); // a char a byte of UTF-8, for the JVM keeps it so
    private long bytes;
    private long received;

    /** Keeps one line, without its end. */
    synchronized void add(byte[] buffer, int offset, int length) {
        lines.addLast(new String(buffer, offset, length, ISO_8859_1));
        bytes += length + LINE_OVERHEAD;
        received++;
        while (bytes > MAX_BYTES) {
            bytes -= lines.removeFirst().length() + LINE_OVERHEAD;
        }
    }

    /** The newest lines that have all these words, from one epoch second until another ({@code to} 0: of any time). */
    synchronized List<String> find(List<String> words, long from, long to, int limit) {
        List<String> sought = words.stream().map(word -> new String(word.getBytes(UTF_8), ISO_8859_1)).toList();
        String after = Instant.ofEpochSecond(from).toString().replace("Z", "");
        String before = Instant.ofEpochSecond(to).toString().replace("Z", "");
        var found = new ArrayList<String>();
        for (Iterator<String> newest = lines.descendingIterator(); newest.hasNext() && found.size() < limit; ) {
            String line = newest.next();
            if (sought.stream().allMatch(line::contains) && (to == 0 || within(line, after, before))) {
                found.add(new String(line.getBytes(ISO_8859_1), UTF_8));
            }
        }
        return found;
    }

    /** Times in RFC 3339 and UTC stand in the order of their text, so none needs to be understood. */
    private static boolean within(String line, String after, String before) {
        String time = line.length() < TIME_END ? "" : line.substring(TIME, TIME_END);
        return time.compareTo(after) >= 0 && time.compareTo(before) < 0;
    }

    synchronized Status status() {
        return new Status(received, lines.size(), bytes, MAX_BYTES);
    }
}
