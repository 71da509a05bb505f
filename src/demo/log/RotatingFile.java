package demo.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/**
 * The current log file, which gets a name of its own when it is full or old, and a successor.
 *
 * <p>What was appended is in the file, whole lines only: a write that fails half-way is cut back to its last whole
 * line. After a failure the file is opened anew for each append, its folder made again too, so that it recovers as
 * soon as the disk does. Half a line left by a process that was killed is ended with a newline.
 *
 * <p>The file belongs to this object only in so far as nobody else touches it; {@link #look} finds out, and
 * <ul>
 * <li>where somebody renamed it, begins a new one;
 * <li>where somebody deleted it, begins a new one with the lines that arrived since the last look;
 * <li>where somebody truncated it, counts the lines that went.
 * </ul>
 *
 * <p>One thread at a time. A rotation costs that thread two renames, and an open where the {@link Successor} is not
 * ready yet.
 *
 * <pre>
 *   append ──▶ fits ──▶ write
 *     ▲          │ no
 *     │          ▼
 *     └─── rename to app.log.2024-12-17_12-00-00, rename the successor to app.log
 *          (where that fails: back to the old name, and on in the old file)
 * </pre>
 */
final class RotatingFile {
    private static final byte[] NEWLINE = {'\n'};
    /** The first line says when it was written, in its first bytes. */
    private static final int TIMESTAMP_START = "{\"timestamp\":\"".length();
    private static final int TIMESTAMP_END = TIMESTAMP_START + "2026-11-23T09:47:15.000042Z".length();

    private final LogSettings settings;
    private final Path path;
    private final Disk disk;
    private final Ownership ownership;
    private final Archive archive;
    private final Successor successor;
    private final InstantSource clock;
    private final Troubles troubles;
    private final Counters counters;

    /** Null after a failure, until the next append. */
    private Disk.Output out;
    private long size;
    /** When the first line of the file was written; null while it has none. */
    private Instant born;
    /** The size at which to rotate; more than the setting after a rotation that failed. */
    private long rotateAt;
    /** Whether the file ends in half a line. */
    private boolean torn;
    /** The file's identity, whatever it is called now. */
    private Object key;
    /** Lines this process put into the file. */
    private long lines;
    /** The size when the file was last seen in its place. */
    private long seenSize;

    RotatingFile(LogSettings settings, Disk disk, Ownership ownership, Archive archive, Successor successor,
                 InstantSource clock, Troubles troubles, Counters counters) {
        this.settings = settings;
        this.path = settings.file();
        this.disk = disk;
        this.ownership = ownership;
        this.archive = archive;
        this.successor = successor;
        this.clock = clock;
        this.troubles = troubles;
        this.counters = counters;
    }

    /** Opens the file to go on at its end. */
    void open() throws IOException {
        ownership.claim();
        Disk.Output opened = disk.append(path);
        try {
            size = opened.size();
            torn = size > 0 && lastByte(opened, size) != '\n';
            born = size == 0 ? null : birth(opened);
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
        begin(opened);
    }

    private void begin(Disk.Output opened) {
        rotateAt = settings.rotationBytes();
        if (!opened.key().equals(key)) {
            lines = 0;
        }
        key = opened.key();
        out = opened;
        seen();
    }

    private void seen() {
        seenSize = size;
        counters.currentBytes(size);
    }

    private static int lastByte(Disk.Output file, long size) throws IOException {
        byte[] last = new byte[1];
        return file.read(size - 1, last) == 1 ? last[0] : '\n';
    }

    /** When the file's first line was written, or now where it doesn't say. */
    private Instant birth(Disk.Output file) throws IOException {
        byte[] start = new byte[TIMESTAMP_END];
        Instant now = clock.instant();
        if (file.read(0, start) != start.length) {
            return now;
        }
        try {
            return Instant.parse(new String(start, TIMESTAMP_START, TIMESTAMP_END - TIMESTAMP_START,
                    StandardCharsets.ISO_8859_1));
        } catch (DateTimeParseException e) {
            return now;
        }
    }

    /**
     * Appends whole lines, rotating before the first one that would not fit.
     *
     * @param lineCount how many lines these are; they need not be counted again unless the file changes among them
     * @return the index after the last line that is in a file; less than {@code to} when the rest could not be written
     */
    int append(byte[] bytes, int from, int to, int lineCount) {
        if (size + (to - from) <= rotateAt) {
            return put(bytes, from, to, lineCount);
        }
        int at = from;
        while (at < to) {
            int end = lastThatFits(bytes, at, to);
            if (end == at) {
                if (rotate()) {
                    continue;
                }
                end = to;
            }
            int written = put(bytes, at, end, newlines(bytes, at, end));
            if (written < end) {
                return written;
            }
            at = end;
        }
        return to;
    }

    /** The end of the last line that fits; a line that is longer than a file gets one for itself. */
    private int lastThatFits(byte[] bytes, int from, int to) {
        int room = (int) Math.max(0, Math.min(rotateAt - size, to - from));
        int end = afterLastNewline(bytes, from, from + room);
        return end == from && size == 0 ? afterFirstNewline(bytes, from, to) : end;
    }

    private static int afterLastNewline(byte[] bytes, int from, int to) {
        int end = to;
        while (end > from && bytes[end - 1] != '\n') {
            end--;
        }
        return end;
    }

    private static int afterFirstNewline(byte[] bytes, int from, int to) {
        int end = from + 1;
        while (end < to && bytes[end - 1] != '\n') {
            end++;
        }
        return end;
    }

    /** Writes into the current file; returns the index after the last whole line that is in it. */
    private int put(byte[] bytes, int from, int to, int lineCount) {
        try {
            if (out == null) {
                open();
            }
            if (torn) {
                out.write(NEWLINE, 0, 1);
                size++;
                torn = false;
            }
            if (size == 0) {
                born = clock.instant();
            }
            out.write(bytes, from, to - from);
        } catch (IOException e) {
            troubles.writing(e);
            return out == null ? from : salvage(bytes, from, to);
        }
        size += to - from;
        lines += lineCount;
        counters.currentBytes(size);
        return to;
    }

    /** After a write that failed: keeps its whole lines, cuts off the rest, and has the file opened anew. */
    private int salvage(byte[] bytes, int from, int to) {
        int whole = from;
        try (Disk.Output failed = out) {
            long arrived = Math.clamp(failed.size() - size, 0, to - from);
            whole = afterLastNewline(bytes, from, from + (int) arrived);
            if (from + arrived > whole) {
                failed.truncate(size + (whole - from));
            }
        } catch (IOException e) {
            // Half a line may stay; opening finds and ends it.
        }
        out = null;
        lines += newlines(bytes, from, whole);
        return whole;
    }

    private static int newlines(byte[] bytes, int from, int to) {
        int count = 0;
        for (int i = from; i < to; i++) {
            if (bytes[i] == '\n') {
                count++;
            }
        }
        return count;
    }

    /** Gives the file its own name and opens the next. Where that fails, the file goes on for another tenth. */
    private boolean rotate() {
        try {
            if (out == null) {
                open();
            }
            if (size > 0) {
                Archive.Place place = archive.next(clock.instant());
                change(place.path());
                archive.add(place.name());
                counters.rotations.incrementAndGet();
                troubles.rotated();
            }
            return true;
        } catch (IOException e) {
            counters.rotationFailures.incrementAndGet();
            rotateAt = Math.max(size, rotateAt) + settings.rotationBytes() / 10;
            troubles.rotating(e);
            return false;
        }
    }

    private void change(Path rotated) throws IOException {
        Disk.Output full = out;
        disk.move(path, rotated);
        try {
            if (!succeed(rotated)) {
                open();
                Permissions.copy(rotated, path);
            }
        } catch (IOException e) {
            disk.move(rotated, path);
            throw e;
        }
        closeQuietly(full);
        successor.order();
    }

    /** Goes on in the file that was made ahead; false where there is none, or it has lost its name. */
    private boolean succeed(Path rotated) {
        Disk.Output next = successor.take();
        if (next == null) {
            return false;
        }
        try {
            ownership.claim();
            Permissions.copy(rotated, successor.path());
            disk.move(successor.path(), path);
        } catch (IOException e) {
            closeQuietly(next);
            return false;
        }
        size = 0;
        torn = false;
        born = null;
        begin(next);
        return true;
    }

    private static void closeQuietly(Disk.Output file) {
        try {
            file.close();
        } catch (IOException e) {
            // Every line in it was written before; closing adds nothing.
        }
    }

    /** Rotates a file whose first line is too old. */
    void rotateByAge(Instant now) {
        if (born == null || size == 0) {
            return;
        }
        if (now.isBefore(born)) {
            // The clock was set back: the file is as old as it can be said to be.
            born = now;
        } else if (!now.isBefore(born.plus(settings.rotationAge())) && !rotate()) {
            born = now.minus(settings.rotationAge()).plus(settings.rotationAge().dividedBy(10));
        }
    }

    /** Finds out whether somebody else has renamed, deleted or truncated the file, and goes on in the right one. */
    void look() {
        if (out == null) {
            return;
        }
        try {
            Optional<Disk.Facts> there = disk.look(path);
            if (there.isEmpty() || isAnother(there.get())) {
                goOnElsewhere();
            } else if (there.get().bytes() < size) {
                truncated(there.get().bytes());
            } else {
                if (there.get().bytes() > size) {
                    size = there.get().bytes();
                    torn = lastByte(out, size) != '\n';
                }
                seen();
            }
            troubles.looked();
        } catch (IOException e) {
            troubles.looking(e);
        }
    }

    /** Where the system gives files no identity, whatever has the name is ours. */
    private boolean isAnother(Disk.Facts there) {
        return there.key() != null && !out.key().equals(there.key());
    }

    private void truncated(long bytes) throws IOException {
        long left = Math.min(lines, newlinesInFile(bytes));
        troubles.removed(lines - left, path + " was truncated by someone else");
        size = bytes;
        lines = left;
        torn = size > 0 && lastByte(out, size) != '\n';
        seen();
    }

    private long newlinesInFile(long bytes) throws IOException {
        byte[] chunk = new byte[64 * 1024];
        long count = 0;
        long at = 0;
        int length;
        while (at < bytes && (length = out.read(at, chunk)) > 0) {
            count += newlines(chunk, 0, length);
            at += length;
        }
        return count;
    }

    private void goOnElsewhere() throws IOException {
        Disk.Output lostSight = out;
        boolean renamed = disk.isInFolder(path.toAbsolutePath().getParent(), lostSight.key());
        long from = seenSize;
        long to = size;
        long allLines = lines;
        open();
        try (lostSight) {
            if (renamed) {
                troubles.moved(path + " was renamed by someone else; the log goes on in a new file");
            } else {
                long saved = copy(lostSight, from, to);
                troubles.removed(allLines - saved, path + " was deleted by someone else; the last "
                        + saved + " lines were saved into a new file");
            }
        }
    }

    /** Copies the lines that arrived since the last look out of a file that has no name any more. */
    private long copy(Disk.Output source, long from, long to) throws IOException {
        long before = lines;
        byte[] chunk = new byte[LogEvent.MAX_LINE_BYTES * 2];
        long at = from;
        while (at < to) {
            int length = (int) Math.min(source.read(at, chunk), to - at);
            int whole = afterLastNewline(chunk, 0, Math.max(length, 0));
            if (whole == 0 || append(chunk, 0, whole, newlines(chunk, 0, whole)) < whole) {
                break;
            }
            at += whole;
        }
        return lines - before;
    }

    void close() {
        if (out != null) {
            closeQuietly(out);
            out = null;
        }
    }
}
