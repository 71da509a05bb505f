package demo.pocket;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Follows a log file across its rotations, as Alloy does for Loki in the full stack: every line once, in order.
 *
 * <p>A file is known by its key (on Unix the inode), not by its name: rotation gives {@code app.log} another name, and
 * what is left to read of it is read before the file that took its place. That works as long as the rotated file keeps
 * its plain name until the next look, five times a second; the service keeps it for a quarter of an hour. The file that
 * is being written stays open, so that not even its removal loses a line. A file that shrank was emptied by someone:
 * it is read from its beginning. Rotated files from before the start are left alone; what {@code app.log} holds is read.
 *
 * <p>One thread runs it. A line longer than {@value #MAX_LINE} bytes is left out and counted; a half line waits for its end.
 *
 * <pre>
 * look 1   app.log (key 5, 100 bytes read)
 * look 2   app.log.2024-12-17_12-00-00 (key 5: read from 100 to its end, done)   app.log (key 6: read from 0)
 * </pre>
 */
final class LogFollower implements Runnable {
    static final Duration INTERVAL = Duration.ofMillis(200);
    static final int MAX_LINE = 262_144;

    private static final Pattern ROTATED = Pattern.compile("(\\d{4}-\\d\\d-\\d\\d_\\d\\d-\\d\\d-\\d\\d)(?:\\.(\\d{1,9}))?");

    private record Listed(Path path, Object key, String stamp, int count) {}

    private final Path file;
    private final LogStore store;
    private final ByteBuffer buffer = ByteBuffer.allocate(MAX_LINE);
    private final Set<Object> finished = new HashSet<>(); // keys of rotated files that are read to their end
    private boolean looked;
    private FileChannel current; // what app.log was at the last look, null if it wasn't there
    private Object currentKey;
    private long offset; // in the current file, of the first byte that isn't read
    private boolean skipping; // the rest of a line that is too long
    private volatile long leftOut;
    private volatile String problem = "not looked yet";

    LogFollower(Path file, LogStore store) {
        this.file = file.toAbsolutePath();
        this.store = store;
    }

    Path file() {
        return file;
    }

    /** What keeps it from following; "" if nothing. */
    String problem() {
        return problem;
    }

    /** Lines that were too long. */
    long leftOut() {
        return leftOut;
    }

    @Override
    public void run() {
        try {
            while (true) {
                look();
                Thread.sleep(INTERVAL);
            }
        } catch (InterruptedException _) {
            // asked to stop
        }
    }

    /** Reads whatever was added since the last look. */
    void look() {
        try {
            if (current != null) {
                drain();
            }
            Object now = key(file);
            if (!looked || now != null && !now.equals(currentKey)) {
                turnOver();
            }
            looked = true;
            problem = current == null ? "no such file yet: " + file : "";
        } catch (IOException e) {
            looked |= !Files.exists(file.getParent()); // what appears there is new
            problem = e instanceof NoSuchFileException ? "no such file yet: " + e.getMessage() : String.valueOf(e.getMessage());
        }
    }

    /** Another file is app.log now: what was left behind is read first, the oldest first. */
    private void turnOver() throws IOException {
        Object before;
        List<Listed> files;
        do { // until it was not rotated meanwhile: a file could be missing from the list
            before = key(file);
            files = list();
        } while (!Objects.equals(before, key(file)));
        if (current != null) {
            drain();
        }
        for (Listed one : files) {
            // app.log is new whatever its key: a deleted file's inode is soon given to another.
            if (!one.key.equals(currentKey) && (one.path.equals(file) || !finished.contains(one.key))) {
                turnTo(one);
            }
        }
        finished.retainAll(files.stream().map(Listed::key).toList());
    }

    /** Begins with a file that was not there at the last look; the one before it is complete. */
    private void turnTo(Listed listed) throws IOException {
        boolean rotated = !listed.path.equals(file);
        if (rotated && !looked) {
            finished.add(listed.key);
            return;
        }
        FileChannel opened = FileChannel.open(listed.path);
        if (!listed.key.equals(key(listed.path))) {
            opened.close(); // rotated just now; the next look finds it under its new name
            throw new NoSuchFileException(listed.path.toString());
        }
        if (current != null) {
            finishCurrent();
        }
        current = opened;
        currentKey = listed.key;
        offset = 0;
        skipping = false;
        drain();
        if (rotated) {
            finishCurrent();
        }
    }

    private void finishCurrent() throws IOException {
        if (buffer.hasRemaining() && !skipping) {
            add(buffer.position(), buffer.remaining()); // a last line without an end: its writer is gone
        }
        current.close();
        finished.add(currentKey);
        current = null;
        currentKey = null;
    }

    /** Hands on every whole line of the current file; what is left of a half one stays in the buffer. */
    private void drain() throws IOException {
        if (current.size() < offset) {
            offset = 0;
            skipping = false;
        }
        while (true) {
            int read = current.read(buffer.clear(), offset);
            buffer.flip();
            int taken = takeLines();
            if (taken == 0 && buffer.limit() == MAX_LINE) {
                leftOut += skipping ? 0 : 1;
                skipping = true;
                taken = MAX_LINE;
            }
            offset += taken;
            if (read < MAX_LINE) {
                return;
            }
        }
    }

    private int takeLines() {
        byte[] bytes = buffer.array();
        int start = 0;
        for (int i = 0; i < buffer.limit(); i++) {
            if (bytes[i] == '\n') {
                if (!skipping) {
                    add(start, i - start);
                }
                skipping = false;
                start = i + 1;
            }
        }
        buffer.position(start);
        return start;
    }

    private void add(int start, int length) {
        if (length > 0) {
            store.add(LogLine.parse(buffer.array(), start, length), buffer.array(), start, length);
        }
    }

    /** The rotated files, oldest first, then the plain one. */
    private List<Listed> list() throws IOException {
        var files = new ArrayList<Listed>();
        String prefix = file.getFileName() + ".";
        try (DirectoryStream<Path> folder = Files.newDirectoryStream(file.getParent())) {
            for (Path path : folder) {
                String name = path.getFileName().toString();
                Matcher stamp = name.startsWith(prefix) ? ROTATED.matcher(name.substring(prefix.length())) : null;
                if (path.equals(file)) {
                    add(files, path, "plain", 0); // sorts behind every digit
                } else if (stamp != null && stamp.matches()) {
                    add(files, path, stamp.group(1), stamp.group(2) == null ? 0 : Integer.parseInt(stamp.group(2)));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        files.sort(Comparator.comparing(Listed::stamp).thenComparing(Listed::count));
        return files;
    }

    private static void add(List<Listed> files, Path path, String stamp, int count) throws IOException {
        Object key = key(path);
        if (key != null) {
            files.add(new Listed(path, key, stamp, count));
        }
    }

    /** What the file is, whatever its name; null where it isn't there. */
    private static Object key(Path path) throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            return attributes.fileKey() != null ? attributes.fileKey() : attributes.creationTime(); // Windows has no keys
        } catch (NoSuchFileException _) {
            return null;
        }
    }
}
