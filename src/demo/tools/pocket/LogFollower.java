package demo.tools.pocket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Follows a log file across its rotations, as Alloy does for Loki in the full stack: every line once, in order.
 *
 * <p>A file is known by its key (its inode), not by its name. Rotation renames {@code app.log}; the renamed file stays
 * open and is read to its end before the new {@code app.log}. A file that became shorter was truncated: it is read from
 * its beginning. Files rotated before the start are not read, and of two rotations between two polls (200 ms apart) the
 * file between them is not read.
 *
 * <p>One thread polls. A line over {@value #MAX_LINE} bytes is dropped; a half line waits for its end.
 */
final class LogFollower {
    static final int MAX_LINE = 262_144;

    private final Path file;
    private final LogStore store;
    private final ByteBuffer buffer = ByteBuffer.allocate(65_536);
    private String rest = ""; // the beginning of the next line; like all lines here, one Latin-1 char per byte
    private FileChannel current; // app.log at the last poll, null if absent
    private Object currentKey;
    private volatile String problem = "not polled yet";

    LogFollower(Path file, LogStore store) {
        this.file = file;
        this.store = store;
    }

    /** Why the file could not be read at the last poll; "" if it could. Any thread may call. */
    String problem() {
        return problem;
    }

    /** Reads everything that was appended since the last poll. */
    void poll() {
        try {
            if (current != null) {
                drain();
            }
            Object newest = key();
            if (newest != null && !newest.equals(currentKey)) {
                open(newest);
            }
            problem = current == null ? "no such file yet" : "";
        } catch (IOException | RuntimeException e) { // shown on the page; the next poll still runs
            problem = String.valueOf(e.getMessage());
        }
    }

    private void open(Object key) throws IOException {
        FileChannel opened = FileChannel.open(file);
        if (!key.equals(key())) {
            opened.close(); // rotated meanwhile: the next poll tries again
            return;
        }
        if (current != null) {
            drain();
            add(rest); // a last line without a line feed is complete, because its writer is gone
            rest = "";
            current.close();
        }
        current = opened;
        currentKey = key;
        drain();
    }

    /** Stores every whole line of the current file. */
    private void drain() throws IOException {
        if (current.size() < current.position()) {
            current.position(0);
            rest = "";
        }
        while (current.read(buffer.clear()) > 0) {
            String text = rest + ISO_8859_1.decode(buffer.flip());
            int start = 0;
            for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
                add(text.substring(start, end));
                start = end + 1;
            }
            rest = text.substring(start, Math.min(text.length(), start + MAX_LINE + 1));
        }
    }

    private void add(String line) {
        if (!line.isEmpty() && line.length() <= MAX_LINE) {
            store.add(line);
        }
    }

    /** The identity of the file that has the log's name now; null if there is none. */
    private Object key() throws IOException {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        } catch (NoSuchFileException _) {
            return null;
        }
    }
}
