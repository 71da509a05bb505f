package demo.log;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Objects;

/**
 * A log of JSON lines in a file that rotates.
 *
 * <p>When {@link LogEvent#write} returns, the line is in the file: a process that is killed at the next instant has
 * lost no line. The line is not synced: a power failure may remove the last seconds. While the disk is full, read-only
 * or gone, callers continue; the dropped lines are counted and reported on the console at once and in the log after the
 * automatic recovery.
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
    /** The logger of the log's own lines. */
    private static final String OWN_LOGGER = "log";
    private static final int MAX_LINKS = 40; // as in Linux
    private static final int OTHERS_WRITE = 0002;
    private static final LogEvent IGNORED = new LogEvent();

    private final int minLevel; // an ordinal; beyond the last level for a silent log
    private final byte[][] levelAndService = new byte[Level.values().length][];
    private final CurrentSpan span;
    private final InstantSource clock;
    private final Counters counters;
    private final ErrorReporter errors;
    private final LogLock lock;
    private final RotatedFiles rotatedFiles;
    private final CurrentFile file;
    private final BackgroundThread background;
    /** The second of the last event: most events share it with the one before, and formatting it takes long. */
    private volatile Second second = new Second(Long.MIN_VALUE, "");

    /** @param text in UTC, without the zone */
    private record Second(long epochSecond, String text) { }

    /** Does not touch the file system. */
    private Log(LogSettings settings, int minLevel, Path path, CurrentSpan span, InstantSource clock, Console console,
                Disk disk) {
        this.minLevel = minLevel;
        this.span = Objects.requireNonNull(span, "span");
        this.clock = Objects.requireNonNull(clock, "clock");
        for (Level level : Level.values()) {
            levelAndService[level.ordinal()] = levelAndService(level, settings.service());
        }
        counters = new Counters(clock.instant());
        errors = new ErrorReporter(console);
        lock = new LogLock(path);
        background = new BackgroundThread(this::check, this::maintainRotatedFiles);
        rotatedFiles = new RotatedFiles(settings, path, new Compressor(background::betweenChunks), counters, errors);
        file = new CurrentFile(settings, path, disk, lock, rotatedFiles, clock, counters, errors, this::dropReport);
    }

    private static byte[] levelAndService(Level level, String service) {
        var json = new JsonEncoder(128);
        json.raw("Z\",\"level\":\"" + level + "\",\"service\":\"");
        json.string(service, LogEvent.MAX_NAME_BYTES);
        json.raw("\"");
        return Arrays.copyOf(json.bytes(), json.length());
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
        log.background.start();
        return log;
    }

    /** For tests, which call {@link #check} and {@link #maintainRotatedFiles} themselves. */
    static Log openWithoutBackground(LogSettings settings, CurrentSpan span, InstantSource clock, Console console,
                                     Disk disk) throws IOException {
        try {
            Path path = resolve(settings.file().toAbsolutePath());
            var log = new Log(settings, settings.level().ordinal(), path, span, clock, console, disk);
            try {
                log.lock.acquire();
                log.rotatedFiles.open();
                log.file.open();
            } catch (IOException | RuntimeException e) {
                log.lock.close();
                throw e;
            }
            log.warnIfOthersCanWriteTo(path.getParent());
            return log;
        } catch (LogFileException e) {
            throw e;
        } catch (IOException e) {
            throw new LogFileException("cannot write the log " + settings.file().toAbsolutePath() + ": "
                    + ErrorReporter.cause(e), false, e);
        }
    }

    /** The path without links; creates the folder. */
    private static Path resolve(Path file) throws IOException {
        Path path = file;
        for (int links = 0; Files.isSymbolicLink(path); links++) {
            if (links == MAX_LINKS) {
                throw new FileSystemLoopException(path.toString());
            }
            path = path.resolveSibling(Files.readSymbolicLink(path));
        }
        Path folder = path.getParent();
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
        }
        path = folder.toRealPath().resolve(path.getFileName());
        FileStat stat = FileStat.of(path);
        if (stat != null && !stat.regular()) {
            throw new IOException("it is a " + (Files.isDirectory(path) ? "folder" : "device, FIFO or socket")
                    + ", expected a regular file");
        }
        return path;
    }

    private void warnIfOthersCanWriteTo(Path folder) throws IOException {
        if ((FileStat.of(folder).mode() & OTHERS_WRITE) != 0) {
            errors.warn("every user of this machine can write to the folder of the log, " + folder
                    + ", and can replace its files; use a folder that only this user can write to");
            errors.print();
        }
    }

    /** A log that writes nothing. */
    public static Log silent() {
        var settings = LogSettings.of(Path.of("/nowhere/app.log"), "silent");
        return new Log(settings, Level.values().length, settings.file(), CurrentSpan.NONE, InstantSource.system(),
                Console.silent(), new Disk());
    }

    /** Whether an event of this level is written; worth a check before computing expensive fields. */
    public boolean enabled(Level level) {
        return level.ordinal() >= minLevel;
    }

    /** Begins an event. It is in the log when its {@link LogEvent#write} has returned. */
    public LogEvent event(Level level, String logger, String message) {
        if (!enabled(level)) {
            return IGNORED;
        }
        counters.unfinishedEvents.increment();
        return new LogEvent(this, level, logger, message, span);
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
        json.raw(".");
        json.micros(now.getNano() / 1_000);
        json.raw(levelAndService[level.ordinal()]);
    }

    void write(LogEvent event) {
        file.append(event);
        counters.unfinishedEvents.decrement();
    }

    private LogEvent dropReport(CurrentFile.Drops drops) {
        LogEvent event = new LogEvent(this, Level.WARN, OWN_LOGGER, "log lines were dropped", CurrentSpan.NONE)
                .with("lines_dropped", drops.lines())
                .with("reason", drops.reason())
                .with("since", drops.since().toString());
        event.end();
        return event;
    }

    /** Once a second. */
    void check() {
        file.check();
        errors.print();
    }

    /** Deletes first: that may free the space that a compression needs. False if no compression is due. */
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
        background.close();
        file.close();
        errors.print();
        try {
            lock.close();
        } catch (IOException e) {
            // The system releases the lock when the process ends.
        }
    }
}
