package demo.tools.pocket;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Follows a log file across its rotations, as Alloy does for Loki in the full stack: every line once, in order.
 *
 * <p>A file is known by its key (its inode), not by its name: rotation renames {@code app.log}, and the rest of it is
 * read before the file that replaced it. A rotated file must keep its plain name until the next poll; the service keeps
 * it for 15 minutes. The current file stays open, so that its removal loses no line. A file that became shorter was
 * truncated: it is read from its beginning. Files rotated before the start are not read.
 *
 * <p>One thread polls. A line over {@value #MAX_LINE} bytes is dropped; a half line waits for its end.
 *
 * <pre>
 * poll 1   app.log (key 5, 100 bytes read)
 * poll 2   app.log.2024-12-17_12-00-00 (key 5: read from 100 to its end)   app.log (key 6: read from 0)
 * </pre>
 */
final class LogFollower {
    static final int MAX_LINE = 262_144;

    record Status(String from, String problem) {}

    private record Found(Path path, Object key) {}

    private final Path file;
    private final Pattern rotatedName;
    private final LogStore store;
    private final ByteBuffer buffer = ByteBuffer.allocate(MAX_LINE);
    private FileChannel current; // app.log at the last poll, null if absent
    private Object currentKey;
    private long offset; // in the current file, of the first unread byte
    private boolean skipping; // the rest of a line that is too long
    private volatile String problem = "not polled yet";

    LogFollower(Path file, LogStore store) {
        this.file = file.toAbsolutePath();
        this.store = store;
        rotatedName = Pattern.compile(
                Pattern.quote(file.getFileName() + ".") + "\\d{4}-\\d\\d-\\d\\d_\\d\\d-\\d\\d-\\d\\d(\\.\\d+)?");
    }

    /** The file and why it cannot be read ("" if it can). Any thread may call. */
    Status status() {
        return new Status(file.toString(), problem);
    }

    /** Reads everything that was appended since the last poll. */
    void poll() {
        try {
            if (current != null) {
                drain();
            }
            for (Found next = next(); next != null; next = next()) {
                if (current != null) { // a last line without a line feed is complete, because its writer is gone
                    drain();
                    add(buffer.limit());
                }
                open(next);
            }
            problem = current == null ? "no such file yet" : "";
        } catch (IOException | RuntimeException e) { // shown on the page; the next poll is tried all the same
            problem = String.valueOf(e.getMessage());
        }
    }

    /** The file to read after the current one: one that was rotated later, at last app.log; null if that is current. */
    private Found next() throws IOException {
        Object newest = key(file);
        if (newest == null || newest.equals(currentKey)) {
            return null;
        }
        List<Path> rotated = rotated();
        if (!newest.equals(key(file))) {
            return null; // rotated meanwhile: the list may lack a file, the next poll tries again
        }
        for (int i = 0; i + 1 < rotated.size(); i++) {
            if (currentKey != null && currentKey.equals(key(rotated.get(i)))) {
                return new Found(rotated.get(i + 1), key(rotated.get(i + 1)));
            }
        }
        return new Found(file, newest);
    }

    /** The rotated files that are not compressed, by the time in their name, then by the number after it. */
    private List<Path> rotated() throws IOException {
        int stampEnd = file.toString().length() + ".2024-12-17_12-00-00".length();
        try (Stream<Path> files = Files.list(file.getParent())) {
            return files.filter(path -> rotatedName.matcher(path.getFileName().toString()).matches())
                    .sorted(Comparator.comparing((Path path) -> path.toString().substring(0, stampEnd))
                            .thenComparing(path -> path.toString().length()).thenComparing(Path::toString)).toList();
        }
    }

    private void open(Found next) throws IOException {
        FileChannel opened = FileChannel.open(next.path);
        if (!next.key.equals(key(next.path))) {
            opened.close();
            throw new NoSuchFileException(next.path + " was renamed just now");
        }
        if (current != null) {
            current.close();
        }
        current = opened;
        currentKey = next.key;
        offset = 0;
        skipping = false;
        drain();
    }

    /** Stores every whole line of the current file; the buffer keeps the rest. */
    private void drain() throws IOException {
        if (current.size() < offset) {
            offset = 0;
            skipping = false;
        }
        int read;
        do {
            read = current.read(buffer.clear(), offset);
            buffer.flip();
            for (int i = 0; i < buffer.limit(); i++) {
                if (buffer.get(i) == '\n') {
                    add(i);
                    skipping = false;
                    buffer.position(i + 1);
                }
            }
            if (buffer.remaining() == MAX_LINE) {
                skipping = true;
                buffer.position(MAX_LINE);
            }
            offset += buffer.position();
        } while (read == MAX_LINE);
    }

    private void add(int end) {
        if (end > buffer.position() && !skipping) {
            store.add(buffer.array(), buffer.position(), end - buffer.position());
        }
    }

    /** The file's identity under any name; null if there is no such file. */
    private static Object key(Path path) throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        } catch (NoSuchFileException _) {
            return null;
        }
    }
}
