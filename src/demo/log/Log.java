package demo.log;

import demo.log.ErrorReporter.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A log of JSON lines in a file that rotates.
 *
 * <p>When {@link LogEvent#write} returns, the line is in the file: a process that is killed at the next instant has
 * dropped no line. The line is not synced: a power failure may remove the last seconds. While the disk is full,
 * read-only or gone, callers continue. The dropped lines are counted and reported: on the console within a second, in
 * the log after the automatic recovery.
 *
 * <p>Any thread may call, virtual and interrupted threads too. One background thread rotates by age, compresses,
 * deletes, and checks the file once a second.
 *
 * <pre>
 *   log.info(…).with(…).write()
 *     LogEvent        one event, encoded by JsonEncoder on the calling thread
 *     CurrentFile     app.log: one lock, one write(2) a line
 *     RotatedFiles    app.log.2024-12-17_12-00-00, later .gz, later deleted      (background thread)
 *     Compressor                                                                 (background thread)
 * </pre>
 */
public final class Log implements AutoCloseable {
    private static final int OTHERS_WRITE = 0002;
    /** File systems allow 255 bytes in a name. The longest derived name is {@code .NAME} with this suffix. */
    private static final int MAX_FILE_NAME_BYTES = 255 - "..2024-12-17_12-00-00.999999999.gz.part".length();
    private static final long POLL_MILLIS = 100; // a wake-up for each rotation would cost the writing threads more
    private static final long CHECK_NANOS = 1_000_000_000;
    private static final LogEvent IGNORED = new LogEvent();

    private final LogSettings settings;
    private final LogLock processLock;
    private final CurrentSpan span;
    private final InstantSource clock;
    private final Counters counters = new Counters();
    private final ErrorReporter errors;
    private final RotatedFiles rotatedFiles;
    private final CurrentFile file;
    private final ScheduledExecutorService background = Executors.newSingleThreadScheduledExecutor(
            task -> Thread.ofPlatform().name("log-background").daemon().unstarted(task));
    private long nextCheckNanos = System.nanoTime(); // background thread only
    private volatile boolean closed;
    private volatile Second second = new Second(0, ""); // of the last event; formatting it takes a fifth of a log call

    /** @param text in UTC, without the zone */
    private record Second(long epochSecond, String text) { }

    /** Does not touch the file system. */
    private Log(LogSettings settings, LogLock processLock, CurrentSpan span, InstantSource clock, Console console,
                Disk disk) {
        this.settings = settings;
        this.processLock = processLock;
        this.span = span;
        this.clock = clock;
        errors = new ErrorReporter(console);
        rotatedFiles = new RotatedFiles(settings, new Compressor(this::checkIfDue), counters, errors);
        file = new CurrentFile(this, settings, processLock, disk, rotatedFiles, clock, counters, errors);
    }

    /** Opens a log with the system's clock, the standard console and no span. */
    public static Log open(LogSettings settings) throws IOException {
        var clock = InstantSource.system();
        return open(settings, CurrentSpan.NONE, clock, Console.standard(clock));
    }

    /**
     * Opens the log file at its end and finishes what a killed process left. A symbolic link to a log file is followed
     * once, here: rotated files and the lock are beside its target.
     *
     * @throws LogFileException if the file cannot be used, or another process writes it
     */
    public static Log open(LogSettings settings, CurrentSpan span, InstantSource clock, Console console)
            throws IOException {
        Log log = openWithoutBackground(settings, span, clock, console, new Disk());
        log.background.scheduleWithFixedDelay(log::poll, POLL_MILLIS, POLL_MILLIS, TimeUnit.MILLISECONDS);
        return log;
    }

    /** For tests, which call {@link #check} and {@link #maintainRotatedFiles} themselves. */
    static Log openWithoutBackground(LogSettings settings, CurrentSpan span, InstantSource clock, Console console,
                                     Disk disk) throws IOException {
        Log log = null;
        try {
            Path path = resolve(settings.file().toAbsolutePath());
            log = new Log(settings.withFile(path), LogLock.acquire(path), span, clock, console, disk);
            log.file.open();
            log.rotatedFiles.open();
            if ((FileStat.of(path.getParent()).mode() & OTHERS_WRITE) != 0) {
                console.warn("every user of this machine can write to the folder of the log, " + path.getParent()
                        + ", and can replace its files; use a folder that only this user can write to");
            }
            return log;
        } catch (IOException e) {
            if (log != null) {
                log.close();
            }
            throw e instanceof LogFileException ? e : new LogFileException("cannot write the log "
                    + settings.file().toAbsolutePath() + ": " + ErrorReporter.cause(e), false, e);
        }
    }

    /** The path of a regular file without links, also if the file does not exist yet. Creates the folder. */
    private static Path resolve(Path file) throws IOException {
        Path path = Files.isSymbolicLink(file) ? file.resolveSibling(Files.readSymbolicLink(file)) : file;
        if (path.getFileName() != null && path.getFileName().toString().getBytes(StandardCharsets.UTF_8).length
                > MAX_FILE_NAME_BYTES) {
            throw new FileSystemException(path.toString(), null, "the file name has more than " + MAX_FILE_NAME_BYTES
                    + " bytes, too long for the names of rotated files");
        }
        if (Files.exists(path)) {
            FileStat.ofRegularFile(path.toRealPath());
            return path.toRealPath();
        }
        if (!Files.isDirectory(path.getParent())) {
            try {
                Files.createDirectories(path.getParent());
            } catch (FileAlreadyExistsException e) {
                throw new FileSystemException(path.toString(), null, e.getFile() + " is not a directory");
            }
        }
        return path.getParent().toRealPath().resolve(path.getFileName());
    }

    /** Whether an event of this level is written; worth a check before computing expensive fields. */
    public boolean enabled(Level level) {
        return level.compareTo(settings.level()) >= 0;
    }

    /** Begins an event. It is in the log when its {@link LogEvent#write} has returned. */
    public LogEvent event(Level level, String logger, String message) {
        return enabled(level) ? new LogEvent(this, level, logger, message, span) : IGNORED;
    }

    public LogEvent debug(String logger, String message) {
        return event(Level.DEBUG, logger, message);
    }

    public LogEvent info(String logger, String message) {
        return event(Level.INFO, logger, message);
    }

    public LogEvent warn(String logger, String message) {
        return event(Level.WARN, logger, message);
    }

    public LogEvent error(String logger, String message) {
        return event(Level.ERROR, logger, message);
    }

    /** Appends the start of a line: timestamp, level, service. */
    void encodeHead(JsonEncoder json, Level level) {
        Instant now = clock.instant();
        Second current = second;
        if (current.epochSecond() != now.getEpochSecond()) {
            String text = Instant.ofEpochSecond(now.getEpochSecond()).toString();
            current = new Second(now.getEpochSecond(), text.substring(0, text.length() - 1));
            second = current;
        }
        json.raw("{\"timestamp\":\"");
        json.raw(current.text());
        json.raw(Integer.toString(1_000_000 + now.getNano() / 1_000)); // seven digits: the first becomes the point
        json.bytes[json.length - 7] = '.';
        json.raw("Z\",\"level\":\"");
        json.raw(level.name());
        json.raw("\",\"service\":\"");
        json.string(settings.service(), LogEvent.MAX_NAME_BYTES);
        json.raw("\"");
    }

    void write(LogEvent event) {
        file.append(event);
    }

    private void poll() {
        try {
            while (checkIfDue() && maintainRotatedFiles()) { }
            errors.resolved(Kind.MAINTAIN, settings.file());
        } catch (RuntimeException | Error e) {
            errors.failed(Kind.MAINTAIN, settings.file(), e); // an exception would end the polls
            errors.print();
        }
    }

    /** Checks once a second, also between the chunks of a compression; false if the log is closed. */
    private boolean checkIfDue() {
        if (System.nanoTime() - nextCheckNanos >= 0) {
            nextCheckNanos = System.nanoTime() + CHECK_NANOS;
            check();
        }
        return !closed;
    }

    void check() {
        file.check();
        errors.print();
    }

    /** Deletes first, which may free the space that a compression needs. False if no compression is due. */
    boolean maintainRotatedFiles() {
        Instant now = clock.instant();
        rotatedFiles.deleteExpired(now);
        return rotatedFiles.compressNext(now);
    }

    public LogStats stats() {
        return counters.stats(rotatedFiles.count());
    }

    /** Later events are counted as dropped. Waits at most a second for the background thread. */
    @Override
    public void close() {
        closed = true;
        background.shutdown();
        try {
            background.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        file.close();
        processLock.close();
        errors.print();
    }
}
