package demo.log;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;

/**
 * A log of JSON lines in a file that rotates.
 *
 * <p>When {@link LogEvent#write} returns, the line is in the file: a process killed the next instant has lost nothing
 * that it logged. (It is not synced: a power cut may take the last seconds.) While the disk is full, read-only or gone
 * callers go on as ever; what is lost meanwhile is counted to the line, told on the console at once and in the log
 * as soon as it can be written, which it finds out by itself.
 *
 * <p>Any thread may call anything, virtual threads and interrupted ones too. A line that is written once everything
 * is warm allocates nothing.
 *
 * <p>Needs one background thread, which compresses, deletes, rotates by age, and looks once a second whether the file
 * is still there.
 *
 * <pre>
 *   log.info(…).with(…).write()
 *     LogEvent       the line as bytes, in an array from LinePool
 *     GroupCommit    the lines that arrive during a write become the next one
 *     LineWriter     counts each line as written or lost
 *     RotatingFile   app.log
 *     Successor      .app.log.next, which becomes app.log at a rotation             (background)
 *     Archive        app.log.2024-12-17_12-00-00, later .gz, later gone      (background)
 * </pre>
 */
public final class Log implements AutoCloseable {
    /** What the log says itself is said by this logger. */
    private static final String ITSELF = "log";
    private static final int LINE_BYTES = 1024;
    private static final LogEvent IGNORED = LogEvent.ignored();
    private static final byte[] TIMESTAMP = "{\"timestamp\":\"".getBytes(StandardCharsets.US_ASCII);

    /** The least level that is written, past the last one for a silent log. */
    private final int leastLevel;
    private final byte[][] levelAndService = new byte[Level.values().length][];
    private final CurrentSpan span;
    private final InstantSource clock;
    private final LineClock lineClock;
    private final LinePool pool;
    private final GroupCommit commit;
    private final LineWriter writer;
    private final RotatingFile file;
    private final Archive archive;
    private final Successor successor;
    private final Counters counters;
    private final Troubles troubles;
    private final Ownership ownership;
    private final Background background;

    /** A silent log. */
    private Log() {
        leastLevel = Level.values().length;
        span = CurrentSpan.NONE;
        clock = InstantSource.system();
        lineClock = new LineClock(clock);
        counters = new Counters();
        pool = null;
        commit = null;
        writer = null;
        file = null;
        archive = null;
        successor = null;
        troubles = null;
        ownership = null;
        background = null;
    }

    private Log(LogSettings settings, CurrentSpan span, InstantSource clock, Console console, Disk disk) {
        this.leastLevel = settings.level().ordinal();
        this.span = Objects.requireNonNull(span, "span");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.lineClock = new LineClock(clock);
        for (Level level : Level.values()) {
            levelAndService[level.ordinal()] = levelAndService(level, settings.service());
        }
        counters = new Counters();
        troubles = new Troubles(settings.file(), clock, console, counters);
        ownership = new Ownership(settings.file());
        background = new Background(this::lookAfter, this::compressNext);
        archive = new Archive(settings, new Compressor(this::betweenChunks), troubles, counters);
        successor = new Successor(settings.file(), disk);
        file = new RotatingFile(settings, disk, ownership, archive, successor, clock, troubles, counters);
        pool = new LinePool(() -> new LogEvent(this, LINE_BYTES));
        writer = new LineWriter(file, counters, troubles, this::lossReport);
        commit = new GroupCommit(writer);
    }

    /** Between the timestamp's digits and the logger's name. */
    private static byte[] levelAndService(Level level, String service) {
        var text = new JsonText(128);
        text.raw(("Z\",\"level\":\"" + level + "\",\"service\":\"").getBytes(StandardCharsets.US_ASCII));
        text.inside(service, LogEvent.MAX_NAME_BYTES);
        text.raw("\",\"logger\":\"".getBytes(StandardCharsets.US_ASCII));
        return text.copy();
    }

    /**
     * Opens the log file to go on at its end, and finishes what a process that was killed left behind.
     *
     * @throws IOException with a sentence for people when the file can't be written or another process writes it
     */
    public static Log open(LogSettings settings, CurrentSpan span, InstantSource clock, Console console)
            throws IOException {
        Log log = openWithoutBackground(settings, span, clock, console, new RealDisk());
        log.background.start();
        return log;
    }

    /** As the other {@code open}, with the system's clock, the standard console and no span. */
    public static Log open(LogSettings settings) throws IOException {
        var clock = InstantSource.system();
        return open(settings, CurrentSpan.NONE, clock, Console.standard(clock));
    }

    /** For tests, which look after the log themselves. */
    static Log openWithoutBackground(LogSettings settings, CurrentSpan span, InstantSource clock, Console console,
                                     Disk disk) throws IOException {
        var log = new Log(settings, span, clock, console, disk);
        try {
            log.ownership.claim();
            log.counters.opened(clock.instant());
            log.archive.open();
            log.file.open();
        } catch (FileSystemException | FileNotFoundException e) {
            log.ownership.close();
            throw new IOException("the log " + settings.file() + " can't be opened: " + Troubles.sentence(e), e);
        } catch (IOException | RuntimeException e) {
            log.ownership.close();
            throw e;
        }
        return log;
    }

    /** A log that writes nothing, for tests. */
    public static Log silent() {
        return new Log();
    }

    /** Whether a line of this level would be written: worth asking where making its fields is dear. */
    public boolean enabled(Level level) {
        return level.ordinal() >= leastLevel;
    }

    /** Begins a line; it is in the log once its {@link LogEvent#write} has returned. */
    public LogEvent event(Level level, String logger, String message) {
        if (level.ordinal() < leastLevel) {
            return IGNORED;
        }
        return begin(pool.take(), level, logger, message, span);
    }

    private LogEvent begin(LogEvent line, Level level, String logger, String message, CurrentSpan of) {
        return line.begin(level, TIMESTAMP, levelAndService[level.ordinal()], lineClock.epochMicros(), logger, message,
                of);
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

    void write(LogEvent line) {
        commit.write(line);
        pool.giveBack(line);
    }

    private LogEvent lossReport(Troubles.Untold untold) {
        var line = begin(new LogEvent(this, LINE_BYTES), Level.WARN, ITSELF, "lines were lost", CurrentSpan.NONE)
                .with("lines_lost", untold.lines())
                .with("reason", untold.reason())
                .with("since", untold.since().toString());
        line.end();
        return line;
    }

    /** Once a second: what must not happen while a line is written. Then the old files. */
    void lookAfter() {
        Instant now = clock.instant();
        commit.exclusively(() -> {
            file.look();
            file.rotateByAge(now);
            writer.tellLosses();
        });
        archive.deleteOld(now);
    }

    /** Makes the next file, and compresses one; false when none is due. */
    boolean compressNext() {
        prepareRotation();
        return archive.compressNext(clock.instant());
    }

    /** A compression may take longer than until the next rotation; true when it must be given up. */
    private boolean betweenChunks() {
        prepareRotation();
        return background.isStopped();
    }

    private void prepareRotation() {
        successor.prepare();
        archive.findNext(clock.instant());
    }

    /** Counts since the log was opened. */
    public LogStats stats() {
        return counters.stats(archive == null ? 0 : archive.size());
    }

    /** Ends the log: what is logged from now on is counted as lost. Waits for the background thread to end. */
    @Override
    public void close() {
        if (background == null) {
            return;
        }
        background.close();
        commit.exclusively(writer::close);
        successor.close();
        try {
            ownership.close();
        } catch (IOException e) {
            // The system lets go of the lock when the process ends.
        }
    }
}
