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
 * <p>A file is known by its key (its inode), not by its name: rotation gives {@code app.log} another name, and what is
 * left of it is read before the file that took its place. That works as long as a rotated file keeps its plain name
 * until the next look; the service keeps it for a quarter of an hour. The file being written stays open, so that not
 * even its removal loses a line. A file that shrank was emptied by someone: it is read from its beginning. Files that
 * were rotated before the start are left alone; what {@code app.log} holds is read.
 *
 * <p>One thread looks. A line over {@value #MAX_LINE} bytes is left out; a half line waits for its end.
 *
 * <pre>
 * look 1   app.log (key 5, 100 bytes read)
 * look 2   app.log.2024-12-17_12-00-00 (key 5: read from 100 to its end)   app.log (key 6: read from 0)
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
    private FileChannel current; // what app.log was at the last look, null if it wasn't there
    private Object currentKey;
    private long offset; // in the current file, of the first byte that isn't read
    private boolean skipping; // the rest of a line that is too long
    private volatile String problem = "not looked yet";

    LogFollower(Path file, LogStore store) {
        this.file = file.toAbsolutePath();
        this.store = store;
        rotatedName = Pattern.compile(
                Pattern.quote(file.getFileName() + ".") + "\\d{4}-\\d\\d-\\d\\d_\\d\\d-\\d\\d-\\d\\d(\\.\\d+)?");
    }

    /** What it follows, and what keeps it from that ("" if nothing). Any thread may ask. */
    Status status() {
        return new Status(file.toString(), problem);
    }

    /** Reads whatever was added since the last look. */
    void look() {
        try {
            if (current != null) {
                drain();
            }
            for (Found next = next(); next != null; next = next()) {
                finish();
                open(next);
            }
            problem = current == null ? "no such file yet" : "";
        } catch (IOException | RuntimeException | OutOfMemoryError e) { // told on the page; the next look is made all the same
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
            return null; // rotated meanwhile: the list may lack a file, the next look makes another
        }
        for (int i = 0; i + 1 < rotated.size(); i++) {
            if (currentKey != null && currentKey.equals(key(rotated.get(i)))) {
                return new Found(rotated.get(i + 1), key(rotated.get(i + 1)));
            }
        }
        return new Found(file, newest);
    }

    /** The rotated files that are not compressed, by the time in their name, then by the number behind it. */
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

    /** Reads the current file to its end; a last line without an end is one, too: its writer is gone. */
    private void finish() throws IOException {
        if (current != null) {
            drain();
            add(buffer.limit());
            offset += buffer.remaining();
        }
    }

    /** Hands on every whole line of the current file; what is left of a half one stays in the buffer. */
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

    /** What the file is, whatever its name; null where it isn't there. */
    private static Object key(Path path) throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        } catch (NoSuchFileException _) {
            return null;
        }
    }
}
