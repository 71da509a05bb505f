package demo.tools.pocket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The newest log lines, as the service wrote them. Loki does this in the full stack, in the same way: a query searches
 * the text of each line. (Loki also has an index of three labels.) The level ERROR is the text
 * {@code "level":"ERROR"}, which no message can forge: inside a JSON string its quotes are escaped.
 *
 * <p>Any thread may call. Bound: {@value #MAX_BYTES} bytes with the objects around a line; the oldest line is evicted
 * first. A response ends with the line that makes it longer than {@value #MAX_RESPONSE} bytes.
 */
final class LogStore {
    static final int MAX_BYTES = 16_000_000;
    static final int MAX_RESPONSE = 500_000;
    private static final int LINE_BYTES = 60; // beside the text
    private static final int TIME = "{\"timestamp\":\"".length(); // where each line has the time, by the contract
    private static final int TIME_END = TIME + "2026-11-23T11:05:34".length();

    // all guarded by this
    private final ArrayDeque<String> lines = new ArrayDeque<>(); // newest first
    private long bytes;
    private long received;

    /** Stores one line, without its line feed: a Latin-1 char per byte of UTF-8. */
    synchronized void add(String line) {
        lines.addFirst(line);
        bytes += line.length() + LINE_BYTES;
        received++;
        while (bytes > MAX_BYTES) {
            bytes -= lines.removeLast().length() + LINE_BYTES;
        }
    }

    /**
     * The newest lines that contain all these texts, newest first, each with a line feed: between two epoch seconds, or
     * of any time if {@code from} is 0. The search works on a snapshot and holds no lock.
     *
     * @throws InterruptedException when the caller is interrupted
     */
    byte[] find(List<String> texts, long from, long to, int limit) throws InterruptedException {
        List<String> snapshot;
        synchronized (this) {
            snapshot = List.copyOf(lines);
        }
        List<String> sought = texts.stream().map(text -> new String(text.getBytes(UTF_8), ISO_8859_1)).toList();
        // RFC 3339 timestamps in UTC sort as text.
        String after = Instant.ofEpochSecond(from).toString().replace("Z", "");
        String before = Instant.ofEpochSecond(to).toString().replace("Z", "");
        var found = new ByteArrayOutputStream();
        for (String line : snapshot) {
            String time = line.substring(Math.min(TIME, line.length()), Math.min(TIME_END, line.length()));
            boolean within = from == 0 || time.compareTo(after) >= 0 && time.compareTo(before) < 0;
            if (within && sought.stream().allMatch(line::contains)) {
                found.writeBytes(line.getBytes(ISO_8859_1));
                found.write('\n');
                if (--limit == 0 || found.size() > MAX_RESPONSE) {
                    break;
                }
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            Thread.yield(); // a search must not hold a carrier thread while other requests wait
        }
        return found.toByteArray();
    }

    /** How many lines were stored since the start. */
    synchronized long received() {
        return received;
    }
}
