package demo.log;

import demo.log.ErrorReporter.Kind;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;

/**
 * The file that lines are written to. One lock guards it; a line is one write(2).
 *
 * <p>When {@link #append} returns, the whole line is in the file, or it is counted as dropped. A failed write is undone
 * by a truncation. Each further line opens the file again, with its folder; after the recovery one WARN line reports
 * how many lines were dropped. A half line of a killed process is ended with a newline.
 *
 * <p>{@link #check} detects that another process renamed, deleted, truncated or extended the file, reports the change
 * and closes the file. The next line opens the file that then exists at the path, or creates it.
 *
 * <p>Any thread may call. The lock is {@code synchronized}, because a monitor is released also if a
 * {@code StackOverflowError} of the caller occurs here. Nothing is printed while the lock is held.
 *
 * <pre>
 *   append → the line fits ──────────────────────────────────────────────── → write(2)
 *          → else rename to app.log.2024-12-17_12-00-00, create app.log ─── → write(2)
 *            on failure rename back, continue for another tenth of the size → write(2)
 * </pre>
 */
final class CurrentFile {
    private static final int TIMESTAMP_START = "{\"timestamp\":\"".length();
    private static final int TIMESTAMP_LENGTH = "2026-11-23T09:47:15.000042Z".length();

    /** Lines that were dropped and are not reported in the log yet, with the reason of the first. */
    private record Drops(long lines, String reason, Instant since) {
        private Drops plusOne() {
            return new Drops(lines + 1, reason, since);
        }
    }

    private final Log log;
    private final LogSettings settings;
    private final Path path;
    private final LogLock processLock;
    private final Disk disk;
    private final RotatedFiles rotatedFiles;
    private final InstantSource clock;
    private final Counters counters;
    private final ErrorReporter errors;

    // all guarded by this
    private FileOutputStream out; // null after a failure or a change by another process, until the next line
    private FileStat stat; // of the file, from the last check; the next file gets its owner, group and mode
    private long size;
    private long rotateAt; // size in bytes; above the setting after a failed rotation
    private Instant firstLineAt; // meaningless while the file is empty
    private boolean endsMidLine;
    private long lines; // of this process in the file
    private Drops unreported; // null if every drop is reported
    private boolean closed;

    CurrentFile(Log log, LogSettings settings, LogLock processLock, Disk disk, RotatedFiles rotatedFiles,
                InstantSource clock, Counters counters, ErrorReporter errors) {
        this.log = log;
        this.settings = settings;
        this.path = settings.file();
        this.processLock = processLock;
        this.disk = disk;
        this.rotatedFiles = rotatedFiles;
        this.clock = clock;
        this.counters = counters;
        this.errors = errors;
    }

    /** Opens the file at its end; creates it and its folder if they are missing. Changes no field if this fails. */
    synchronized void open() throws IOException {
        Files.createDirectories(path.getParent());
        processLock.ensureHeld();
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
        lines = opened.isSameFileAs(stat) && opened.bytes() >= size ? lines : 0;
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
            counters.dropped(DropReason.CLOSED);
        } else {
            String failure = write(event);
            if (failure != null) {
                counters.dropped(DropReason.NOT_WRITTEN);
                unreported = unreported == null ? new Drops(1, failure, clock.instant()) : unreported.plusOne();
            }
        }
    }

    /** Returns why the line is not in the file; null if it is. */
    private String write(LogEvent event) {
        int length = event.json.length;
        try {
            if (out == null) {
                open();
            }
            if (size > 0 && size + (endsMidLine ? 1 : 0) + length > rotateAt) {
                rotate();
            }
            if (out == null) { // another process had changed the file
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
            errors.failed(Kind.WRITE, path, e);
            undoWrite(length);
            return ErrorReporter.cause(e);
        }
        setSize(size + length);
        lines++;
        counters.written(event.level, length);
        return null;
    }

    /** Removes the part of a line that a failed write left. A longer rest is from another process and stays. */
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

    /** Renames the file and opens a new one. If another process has changed the file, only closes it. */
    private void rotate() {
        LogFileName renamedTo = null;
        FileOutputStream oldFile = out;
        long bytes = size;
        try {
            closeIfChanged();
            if (out == null) {
                return;
            }
            LogFileName name = rotatedFiles.nextName(clock.instant());
            disk.rename(path, rotatedFiles.path(name));
            renamedTo = name;
            open();
            close(oldFile);
            rotatedFiles.add(name, bytes);
            counters.rotations.incrementAndGet();
            errors.resolved(Kind.ROTATE, path);
        } catch (IOException e) {
            counters.rotationFailures.incrementAndGet();
            errors.failed(Kind.ROTATE, path, e);
            rotateAt = Math.max(rotateAt, size + settings.rotationBytes() / 10);
            try {
                if (renamedTo != null) {
                    disk.rename(rotatedFiles.path(renamedTo), path);
                }
            } catch (IOException again) {
                rotatedFiles.add(renamedTo, bytes);
                close(oldFile);
                out = null;
            }
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
        if (!closed) {
            rotateByAge();
            try {
                closeIfChanged();
                errors.resolved(Kind.CHECK, path);
            } catch (IOException e) {
                errors.failed(Kind.CHECK, path, e);
            }
            reportDrops();
        }
    }

    private void rotateByAge() {
        Instant now = clock.instant();
        if (size > 0 && now.isBefore(firstLineAt)) {
            firstLineAt = now; // the clock was set back: restart the age
        } else if (size > 0 && Duration.between(firstLineAt, now).compareTo(settings.rotationAge()) >= 0) {
            rotate();
        }
    }

    /** Closes the file if another process has changed it. */
    private void closeIfChanged() throws IOException {
        FileStat found = FileStat.of(path); // also while the file is closed, so that a failure here is resolved
        if (out == null) {
            return;
        }
        String change = !stat.isSameFileAs(found) ? "renamed or deleted"
                : found.bytes() < size ? "truncated" : found.bytes() > size ? "extended" : null;
        if (change == null) {
            stat = found;
            return;
        }
        close(out);
        out = null;
        errors.warn(path + " was " + change + " by another process; it had " + lines
                + " lines of this process");
    }

    private void reportDrops() {
        if (unreported == null) {
            return;
        }
        LogEvent report = new LogEvent(log, Level.WARN, "log", "log lines were dropped", CurrentSpan.NONE)
                .with("lines_dropped", unreported.lines)
                .with("reason", unreported.reason)
                .with("since", unreported.since.toString());
        report.end();
        if (write(report) == null) {
            unreported = null;
            errors.resolved(Kind.WRITE, path);
        }
    }

    /** Later events are counted as dropped. */
    synchronized void close() {
        if (closed) {
            return;
        }
        reportDrops();
        closed = true;
        if (out != null) {
            close(out);
        }
    }
}
