package demo.log;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.function.Function;

/**
 * The file that lines are written to. One lock guards it; a line is one write(2).
 *
 * <p>When {@link #append} returns true, the whole line is in the file. A write that fails is undone by a truncation, and
 * its line is counted as dropped. The file is then opened again, with its folder, for each further line, until that
 * succeeds; one WARN line then reports how many lines were dropped. A half line that a killed process left is ended
 * with a newline.
 *
 * <p>Another process may rename, delete or truncate the file; {@link #check} detects that once a second.
 * <ul>
 * <li>Renamed: writing continues in a new file.
 * <li>Deleted: the lines that this process wrote into the file are counted as dropped.
 * <li>Truncated: the lines that are missing are counted as dropped.
 * </ul>
 *
 * <p>Any thread may call. The lock is {@code synchronized} because it stays consistent after a
 * {@code StackOverflowError} of the caller. Nothing is printed while it is held.
 *
 * <pre>
 *   append → the line fits ──────────────────────────────────────────────────→ write(2)
 *          → it does not: rename to app.log.2024-12-17_12-00-00, create app.log ↗
 *            (on failure: rename back, continue in the old file for another tenth of its maximum size)
 * </pre>
 */
final class CurrentFile {
    /** Where the timestamp of a line is. */
    private static final int TIMESTAMP_START = "{\"timestamp\":\"".length();
    private static final int TIMESTAMP_END = TIMESTAMP_START + "2026-11-23T09:47:15.000042Z".length();

    /** Lines that were dropped and not yet reported in the log. */
    record Drops(long lines, String reason, Instant since) { }

    private final Path path;
    private final LogSettings settings;
    private final Disk disk;
    private final LogLock processLock;
    private final RotatedFiles rotatedFiles;
    private final InstantSource clock;
    private final Counters counters;
    private final ErrorReporter errors;
    private final Function<Drops, LogEvent> dropReport;

    // all guarded by this
    private FileOutputStream out; // null after a failure, until the next line
    private FileStat stat; // of the file as it was last seen; null before it was opened
    private long size;
    private long rotateAt; // size; more than the setting after a rotation that failed
    private Instant firstLineAt; // null while the file is empty
    private boolean endsMidLine;
    private long lines; // written into this file by this process
    private Drops unreported; // null if every drop is reported
    private boolean closed;

    /**
     * @param path       the resolved path
     * @param dropReport makes the event that reports dropped lines
     */
    CurrentFile(LogSettings settings, Path path, Disk disk, LogLock processLock, RotatedFiles rotatedFiles,
                InstantSource clock, Counters counters, ErrorReporter errors, Function<Drops, LogEvent> dropReport) {
        this.settings = settings;
        this.path = path;
        this.disk = disk;
        this.processLock = processLock;
        this.rotatedFiles = rotatedFiles;
        this.clock = clock;
        this.counters = counters;
        this.errors = errors;
        this.dropReport = dropReport;
    }

    /** Opens the file at its end, creates it if it is missing. Nothing has changed if this fails. */
    synchronized void open() throws IOException {
        processLock.acquire();
        if (FileStat.of(path) == null) {
            FileStat.create(path, stat);
        }
        FileStat opened = FileStat.ofRegularFile(path);
        boolean midLine;
        Instant first = null;
        try (var file = new RandomAccessFile(path.toFile(), "r")) {
            midLine = endsMidLine(file, opened.bytes());
            first = opened.bytes() == 0 ? null : firstTimestamp(file);
        }
        out = disk.append(path);
        if (stat == null || !opened.isSameFileAs(stat)) {
            lines = 0;
        }
        stat = opened;
        endsMidLine = midLine;
        firstLineAt = first;
        rotateAt = settings.rotationBytes();
        setSize(opened.bytes());
    }

    private static boolean endsMidLine(RandomAccessFile file, long size) throws IOException {
        if (size == 0) {
            return false;
        }
        file.seek(size - 1);
        return file.read() != '\n';
    }

    /** When the file's first line was written; now if the line does not say. */
    private Instant firstTimestamp(RandomAccessFile file) throws IOException {
        byte[] start = new byte[TIMESTAMP_END];
        file.seek(0);
        int length = file.read(start);
        try {
            return Instant.parse(new String(start, TIMESTAMP_START, Math.max(length - TIMESTAMP_START, 0),
                    StandardCharsets.ISO_8859_1));
        } catch (DateTimeParseException e) {
            return clock.instant();
        }
    }

    private void setSize(long bytes) {
        size = bytes;
        counters.currentFileBytes.set(bytes);
    }

    /** Appends one line; false if it was dropped. */
    synchronized boolean append(Level level, byte[] line, int length) {
        if (closed) {
            counters.dropped(DropReason.CLOSED, 1);
            return false;
        }
        String failure = write(line, length);
        if (failure != null) {
            drop(DropReason.NOT_WRITTEN, 1, failure);
            return false;
        }
        counters.written(level, length);
        return true;
    }

    /** Null, or why the line is not in the file. */
    private String write(byte[] line, int length) {
        try {
            if (out == null) {
                open();
            }
            if (size > 0 && size + length > rotateAt) {
                rotate();
                if (out == null) {
                    open();
                }
            }
            if (endsMidLine) {
                out.write('\n');
                setSize(size + 1);
                endsMidLine = false;
            }
            if (size == 0) {
                firstLineAt = clock.instant();
            }
            out.write(line, 0, length);
        } catch (IOException | RuntimeException | Error e) {
            String cause = ErrorReporter.cause(e);
            errors.failed(ErrorReporter.Kind.WRITE, "cannot write the log " + path + ": " + cause
                    + "; requests continue, dropped lines are counted");
            undoWrite(length);
            return cause;
        }
        setSize(size + length);
        lines++;
        return null;
    }

    /** Removes the part of a line that a failed write left, and nothing that another process appended. */
    private void undoWrite(int length) {
        if (out == null) {
            return;
        }
        boolean interrupted = Thread.interrupted(); // an interrupt would close the channel before the truncation
        try (FileOutputStream failed = out) {
            FileChannel channel = failed.getChannel();
            if (channel.size() > size && channel.size() <= size + length) {
                channel.truncate(size);
            }
        } catch (IOException e) {
            // The half line stays; the next open() finds it.
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        out = null;
    }

    private void drop(DropReason reason, long count, String cause) {
        counters.dropped(reason, count);
        unreported = unreported == null ? new Drops(count, cause, clock.instant())
                : new Drops(unreported.lines + count, unreported.reason, unreported.since);
    }

    /** Renames the file and opens a new one. If another process has replaced the file, only closes it. */
    private void rotate() {
        FileOutputStream full = null;
        LogFileName name = null;
        try {
            checkPlace();
            if (out == null || size == 0) {
                return;
            }
            long bytes = size;
            name = rotatedFiles.nextName(clock.instant());
            disk.rename(path, rotatedFiles.path(name));
            full = out;
            open();
            close(full);
            rotatedFiles.add(name, bytes);
            counters.rotations.incrementAndGet();
            errors.resolved(ErrorReporter.Kind.ROTATE, "the log " + path + " is rotated again");
        } catch (IOException e) {
            counters.rotationFailures.incrementAndGet();
            errors.failed(ErrorReporter.Kind.ROTATE, "cannot rotate the log " + path + ": " + ErrorReporter.cause(e)
                    + "; the file grows beyond its limit");
            if (full != null && !renameBack(rotatedFiles.path(name))) {
                rotatedFiles.add(name, size);
                close(full);
                out = null;
            }
            rotateAt = Math.max(rotateAt, size + settings.rotationBytes() / 10);
        }
    }

    private boolean renameBack(Path rotated) {
        try {
            disk.rename(rotated, path);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void close(FileOutputStream file) {
        try {
            file.close();
        } catch (IOException e) {
            // Every line was written before; closing adds nothing.
        }
    }

    /** Once a second: age, changes by other processes, the report of dropped lines. */
    synchronized void check() {
        if (closed) {
            return;
        }
        try {
            rotateByAge();
            checkPlace();
            errors.resolved(ErrorReporter.Kind.CHECK, "the log " + path + " can be checked again");
        } catch (IOException e) {
            errors.failed(ErrorReporter.Kind.CHECK, "cannot check the log " + path + ": " + ErrorReporter.cause(e));
        }
        reportDrops();
    }

    private void rotateByAge() {
        if (out == null || size == 0) {
            return;
        }
        Duration age = Duration.between(firstLineAt, clock.instant());
        if (age.isNegative()) {
            firstLineAt = clock.instant(); // the clock was set back: restart the age
        } else if (age.compareTo(settings.rotationAge()) >= 0) {
            rotate();
        }
    }

    /** Detects that another process renamed, deleted, truncated or extended the file. */
    private void checkPlace() throws IOException {
        if (out == null) {
            return;
        }
        FileStat there = FileStat.of(path);
        if (there == null || !there.isSameFileAs(stat)) {
            if (isInFolder()) {
                errors.warn("the log " + path + " was renamed by another process; writing continues in a new file");
            } else {
                removed(lines, "deleted");
            }
            close(out);
            out = null;
            return;
        }
        if (there.bytes() < size) {
            long left;
            try (var content = Files.lines(path, StandardCharsets.ISO_8859_1)) {
                left = Math.min(content.count(), lines);
            }
            removed(lines - left, "truncated");
            lines = left;
        }
        if (there.bytes() != size) {
            try (var file = new RandomAccessFile(path.toFile(), "r")) {
                endsMidLine = endsMidLine(file, there.bytes());
            }
            setSize(there.bytes());
        }
        stat = there;
    }

    private void removed(long count, String how) {
        String what = path + " was " + how + " by another process";
        errors.warn("the log " + what + "; " + count + " lines of this process were in the missing part");
        if (count > 0) {
            drop(DropReason.REMOVED, count, what);
        }
    }

    /** Whether the file that is open has another name in the folder. */
    private boolean isInFolder() throws IOException {
        if (!Files.isDirectory(path.getParent())) {
            return false;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path.getParent())) {
            for (Path file : files) {
                FileStat there = FileStat.of(file);
                if (there != null && there.isSameFileAs(stat)) {
                    return true;
                }
            }
            return false;
        }
    }

    private void reportDrops() {
        if (unreported != null) {
            LogEvent event = dropReport.apply(unreported);
            if (write(event.bytes(), event.length()) != null) {
                return;
            }
            counters.written(event.level(), event.length());
        }
        if (out != null) {
            errors.resolved(ErrorReporter.Kind.WRITE, "the log " + path + " is written again"
                    + (unreported == null ? "" : "; " + unreported.lines + " lines were dropped since "
                    + unreported.since));
            unreported = null;
        }
    }

    /** Later lines are counted as dropped. */
    synchronized void close() {
        reportDrops();
        closed = true;
        if (out != null) {
            close(out);
            out = null;
        }
    }
}
