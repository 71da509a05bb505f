package demo.tools.pocket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The newest log lines, as they were written. Loki does this job in the full stack, and in the same way: lines lie in
 * chunks, and a query looks through every chunk. (Loki has an index of three labels besides.) So the level ERROR is the
 * word {@code "level":"ERROR"}, which no message can forge: inside a JSON string its quotes would be escaped.
 *
 * <p>Any thread may call. Bound: {@value #MAX_BYTES} bytes; the oldest chunk goes first. An answer ends with the line
 * that makes it longer than {@value #MAX_ANSWER} bytes.
 */
final class LogStore {
    static final int MAX_BYTES = 16_000_000;
    static final int MAX_ANSWER = 1_000_000;
    private static final int CHUNK = 65_536;
    private static final int TIME = "{\"timestamp\":\"".length(); // where each line has it, by the service's contract
    private static final int TIME_END = TIME + "2026-11-23T11:05:34".length();

    record Status(long lines, long bytesKept, long bytesMost) {}

    // all guarded by this
    private final ArrayDeque<String> chunks = new ArrayDeque<>(); // newest first; a char a byte of UTF-8: the JVM keeps it so
    private final StringBuilder filling = new StringBuilder();
    private long bytes;
    private long received;

    /** Keeps one line, without its end. */
    synchronized void add(byte[] buffer, int offset, int length) {
        filling.append(new String(buffer, offset, length, ISO_8859_1)).append('\n');
        bytes += length + 1;
        received++;
        if (filling.length() >= CHUNK) {
            chunks.addFirst(filling.toString());
            filling.setLength(0);
        }
        while (bytes > MAX_BYTES) {
            bytes -= chunks.removeLast().length();
        }
    }

    /** The newest lines that have all these words, from one epoch second until another ({@code to} 0: of any time). */
    synchronized List<String> find(List<String> words, long from, long to, int limit) {
        List<String> sought = words.stream().map(word -> new String(word.getBytes(UTF_8), ISO_8859_1)).toList();
        String after = Instant.ofEpochSecond(from).toString().replace("Z", "");
        String before = Instant.ofEpochSecond(to).toString().replace("Z", "");
        var found = new ArrayList<String>();
        int length = 0;
        for (Iterator<String> lines = with(sought).iterator();
                lines.hasNext() && found.size() < limit && length < MAX_ANSWER; ) {
            String line = lines.next();
            if (to == 0 || within(line, after, before)) {
                found.add(new String(line.getBytes(ISO_8859_1), UTF_8));
                length += line.length();
            }
        }
        return found;
    }

    /** Newest first. A chunk without the words is passed over as a whole; most are, when the words are rare. */
    private Stream<String> with(List<String> words) {
        return Stream.concat(Stream.of(filling.toString()), chunks.stream())
                .filter(chunk -> !chunk.isEmpty() && words.stream().allMatch(chunk::contains))
                .flatMap(chunk -> Arrays.asList(chunk.split("\n")).reversed().stream())
                .filter(line -> words.stream().allMatch(line::contains));
    }

    /** Times in RFC 3339 and UTC stand in the order of their text, so none needs to be understood. */
    private static boolean within(String line, String after, String before) {
        String time = line.length() < TIME_END ? "" : line.substring(TIME, TIME_END);
        return time.compareTo(after) >= 0 && time.compareTo(before) < 0;
    }

    synchronized Status status() {
        return new Status(received, bytes, MAX_BYTES);
    }
}
