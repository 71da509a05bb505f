package demo.log;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.function.Function;

/**
 * The file that lines are written to. One lock guards it; a line is one write(2).
 *
 * <p>When {@link #append} returns, the whole line is in the file, or it is counted as dropped. A write that fails is
 * undone by a truncation. The file, with its folder, is then opened again for each further line until that succeeds;
 * one WARN line then reports how many lines were dropped. A half line that a killed process left is ended with a
 * newline.
 *
 * <p>Once a second {@link #check} detects that another process renamed, deleted or truncated the file. Writing continues
 * in a new file, or at the new end. Lines of this process that were deleted or truncated are counted as dropped.
 *
 * <p>Any thread may call. The lock is {@code synchronized}, because it stays consistent after a
 * {@code StackOverflowError} of the caller. Nothing is printed while it is held.
 *
 * <pre>
 *   append → the line fits ───────────────────────────────────────────────────→ write(2)
 *          → it does not: rename to app.log.2024-12-17_12-00-00, create app.log ↗
 *            (on failure: rename back, continue in the old file for another tenth of its maximum size)
 * </pre>
 */
final class CurrentFile {
    private static final int TIMESTAMP_START = "{\"timestamp\":\"".length();
    private static final int TIMESTAMP_LENGTH = "2026-11-23T09:47:15.000042Z".length();

    /** Lines that were dropped and are not reported in the log yet. */
    record Drops(long lines, String reason, Instant since) {
        Drops after(Drops earlier) {
            return earlier == null ? this : new Drops(earlier.lines + lines, earlier.reason, earlier.since);
        }
    }

    private final LogSettings settings;
    private final Path path;
    private final LogLock processLock;
    private final Disk disk;
    private final RotatedFiles rotatedFiles;
    private final InstantSource clock;
    private final Counters counters;
    private final ErrorReporter errors;
    private final Function<Drops, LogEvent> dropReport;

    // all guarded by this
    private FileOutputStream out; // null after a failure or a change by another process, until the next line
    private FileStat stat; // of the file when it was last checked; null before it was opened
    private long size;
    private long rotateAt; // size in bytes; above the setting after a failed rotation
    private Instant firstLineAt; // meaningless while the file is empty
    private boolean endsMidLine;
    private long lines; // of this process in the file
    private Drops unreported; // null if every drop is reported
    private boolean closed;

    /** @param dropReport makes the event that reports dropped lines */
    CurrentFile(LogSettings settings, Disk disk, RotatedFiles rotatedFiles, InstantSource clock, Counters counters,
                ErrorReporter errors, Function<Drops, LogEvent> dropReport) {
        this.settings = settings;
        this.path = settings.file();
        this.processLock = new LogLock(path);
        this.disk = disk;
        this.rotatedFiles = rotatedFiles;
        this.clock = clock;
        this.counters = counters;
        this.errors = errors;
        this.dropReport = dropReport;
    }

    /** Acquires the lock and opens the file at its end; creates it if it is missing. Changes no field if this fails. */
    synchronized void open() throws IOException {
        processLock.acquire();
        if (FileStat.of(path) == null) {
            FileStat.create(path, stat);
        }
        FileStat opened = FileStat.ofRegularFile(path);
        byte[] start = new byte[TIMESTAMP_START + TIMESTAMP_LENGTH];
        int last = '\n';
        try (var content = new RandomAccessFile(path.toFile(), "r")) {
            content.read(start);
            if (opened.bytes() > 0) {
                content.seek(opened.bytes() - 1);
                last = content.read();
            }
        }
        out = disk.append(path);
        lines = opened.isSameFileAs(stat) ? lines : 0;
        stat = opened;
        rotateAt = settings.rotationBytes();
        firstLineAt = timestamp(start);
        endsMidLine = last != '\n';
        setSize(opened.bytes());
    }

    /** The time in the first bytes of the file's first line; now if they contain none. */
    private Instant timestamp(byte[] start) {
        try {
            return Instant.parse(new String(start, TIMESTAMP_START, TIMESTAMP_LENGTH, StandardCharsets.ISO_8859_1));
        } catch (DateTimeParseException e) {
            return clock.instant();
        }
    }

    private void setSize(long bytes) {
        size = bytes;
        counters.currentFileBytes.set(bytes);
    }

    synchronized void append(LogEvent event) {
        if (closed) {
            counters.dropped(DropReason.CLOSED, 1);
            return;
        }
        String failure = write(event);
        if (failure != null) {
            drop(DropReason.NOT_WRITTEN, 1, failure);
        }
    }

    /** Returns why the line is not in the file; null if it is. */
    private String write(LogEvent event) {
        int length = event.json.length;
        try {
            if (out != null && size > 0 && size + length > rotateAt) {
                rotate();
            }
            if (out == null) {
                open();
            }
            if (endsMidLine) {
                out.write('\n');
                setSize(size + 1);
                endsMidLine = false;
            }
            if (size == 0) {
                firstLineAt = clock.instant();
            }
            out.write(event.json.bytes, 0, length);
        } catch (IOException | RuntimeException | Error e) {
            String cause = ErrorReporter.cause(e);
            errors.failed(ErrorReporter.Kind.WRITE, "cannot write the log " + path + ": " + cause
                    + "; requests continue, dropped lines are counted");
            undoWrite(length);
            return cause;
        }
        setSize(size + length);
        lines++;
        counters.written(event.level, length);
        return null;
    }

    /** Removes the part of a line that a failed write left, but nothing that another process appended. */
    private void undoWrite(int length) {
        if (out == null) {
            return;
        }
        boolean interrupted = Thread.interrupted(); // an interrupt would close the channel before the truncation
        try (FileOutputStream failed = out; FileChannel channel = failed.getChannel()) {
            if (channel.size() > size && channel.size() <= size + length) {
                channel.truncate(size);
            }
        } catch (IOException e) {
            // The half line stays; open() finds it.
        }
        out = null;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void drop(DropReason reason, long count, String cause) {
        counters.dropped(reason, count);
        unreported = new Drops(count, cause, clock.instant()).after(unreported);
    }

    /** Renames the file and opens a new one. If another process has changed the file, only closes it. */
    private void rotate() {
        FileOutputStream full = null;
        LogFileName name = null;
        long bytes = size;
        try {
            checkPlace();
            if (out == null) {
                return;
            }
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
            rotateAt = Math.max(rotateAt, size + settings.rotationBytes() / 10);
            if (full != null && !renameBack(name)) {
                rotatedFiles.add(name, bytes);
                close(full);
                out = null;
            }
        }
    }

    private boolean renameBack(LogFileName name) {
        try {
            disk.rename(rotatedFiles.path(name), path);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void close(FileOutputStream file) {
        try {
            file.close();
        } catch (IOException e) {
            // Every line was written before.
        }
    }

    /** Once a second: age, changes by other processes, the report of dropped lines. */
    synchronized void check() {
        if (closed) {
            return;
        }
        rotateByAge();
        try {
            checkPlace();
            errors.resolved(ErrorReporter.Kind.CHECK, "the log " + path + " can be checked again");
        } catch (IOException e) {
            errors.failed(ErrorReporter.Kind.CHECK, "cannot check the log " + path + ": " + ErrorReporter.cause(e));
        }
        reportDrops();
    }

    private void rotateByAge() {
        Instant now = clock.instant();
        if (out == null || size == 0) {
            return;
        }
        if (now.isBefore(firstLineAt)) {
            firstLineAt = now; // the clock was set back: restart the age
        } else if (Duration.between(firstLineAt, now).compareTo(settings.rotationAge()) >= 0) {
            rotate();
        }
    }

    /** Closes the file if another process changed it: the next line opens what has the name then. */
    private void checkPlace() throws IOException {
        if (out == null) {
            return;
        }
        FileStat there = FileStat.of(path);
        if (!stat.isSameFileAs(there)) {
            if (isInFolder()) {
                errors.warn("the log " + path + " was renamed by another process; writing continues in a new file");
            } else {
                dropRemoved(lines, "was deleted by another process");
            }
        } else if (there.bytes() < size) {
            try (var content = Files.lines(path, StandardCharsets.ISO_8859_1)) {
                dropRemoved(Math.max(lines - content.count(), 0), "was truncated by another process");
            }
        } else if (there.bytes() == size) {
            stat = there; // the next file gets its access rights
            return;
        }
        close(out);
        out = null;
    }

    private void dropRemoved(long count, String what) {
        errors.warn("the log " + path + " " + what + "; " + count + " lines of this process were lost with it");
        lines -= count;
        if (count > 0) {
            drop(DropReason.REMOVED, count, "the file " + what);
        }
    }

    /** Whether the open file has another name in the folder. */
    private boolean isInFolder() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path.getParent())) {
            for (Path file : files) {
                if (stat.isSameFileAs(FileStat.of(file))) {
                    return true;
                }
            }
        } catch (NoSuchFileException e) {
            // The folder is gone, too.
        }
        return false;
    }

    private void reportDrops() {
        Drops report = unreported;
        unreported = null;
        if (report == null) {
            return;
        }
        if (write(dropReport.apply(report)) != null) {
            unreported = unreported == null ? report : unreported.after(report);
            return;
        }
        errors.resolved(ErrorReporter.Kind.WRITE, "the log " + path + " is written again; " + report.lines
                + " lines were dropped since " + report.since);
    }

    /** Later events are counted as dropped. */
    synchronized void close() {
        reportDrops();
        closed = true;
        if (out != null) {
            close(out);
            out = null;
        }
        processLock.close();
    }
}
