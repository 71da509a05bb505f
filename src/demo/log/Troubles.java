package demo.log;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;

/**
 * What went wrong with the log: counts the lines that were lost, and tells people on the console, once when a trouble
 * begins and not again before it has changed or ended. The lines lost are also told in the log, by {@link LineWriter}
 * as soon as it can write again.
 *
 * <p>Any thread may call.
 */
final class Troubles {
    private enum Kind { WRITING, ROTATING, LOOKING, COMPRESSING, DELETING }

    /** Lines lost that no line of the log tells of yet. */
    record Untold(long lines, String reason, Instant since) { }

    private final Path log;
    private final InstantSource clock;
    private final Console console;
    private final Counters counters;

    private final Object lock = new Object();
    private final Map<Kind, String> told = new EnumMap<>(Kind.class); // guarded by lock
    private Untold untold; // guarded by lock, null for none

    Troubles(Path log, InstantSource clock, Console console, Counters counters) {
        this.log = log;
        this.clock = clock;
        this.console = console;
        this.counters = counters;
    }

    void writing(IOException e) {
        tell(Kind.WRITING, "the log " + log + " can't be written: " + sentence(e)
                + "; requests go on, lines that are lost are counted");
    }

    /** Nothing was lost since the last look. */
    void written() {
        over(Kind.WRITING);
    }

    void lost(DropReason reason, long lines) {
        counters.lost(reason, lines);
        if (reason != DropReason.CLOSED) {
            addUntold(lines, "the log could not be written");
        }
    }

    /** Someone else took lines away. */
    void removed(long lines, String what) {
        if (lines > 0) {
            counters.lost(DropReason.REMOVED, lines);
            addUntold(lines, what);
        }
        console.warn(what + "; " + lines + " lines went with it");
    }

    void moved(String what) {
        console.warn(what);
    }

    private void addUntold(long lines, String reason) {
        synchronized (lock) {
            untold = untold == null
                    ? new Untold(lines, reason, clock.instant())
                    : new Untold(untold.lines() + lines, untold.reason(), untold.since());
        }
    }

    /** Null when every loss has been told. */
    Untold untold() {
        synchronized (lock) {
            return untold;
        }
    }

    /** A line of the log tells of these now. */
    void told(Untold those) {
        synchronized (lock) {
            long more = untold.lines() - those.lines();
            untold = more == 0 ? null : new Untold(more, untold.reason(), clock.instant());
            told.remove(Kind.WRITING);
        }
        console.say("the log " + log + " is being written; " + those.lines() + " lines were lost since "
                + those.since());
    }

    void rotating(IOException e) {
        tell(Kind.ROTATING, "the log " + log + " can't be rotated and goes on growing: " + sentence(e));
    }

    void rotated() {
        over(Kind.ROTATING);
    }

    void looking(IOException e) {
        tell(Kind.LOOKING, "the log " + log + " can't be looked after: " + sentence(e));
    }

    void looked() {
        over(Kind.LOOKING);
    }

    void compressing(Path file, IOException e) {
        tell(Kind.COMPRESSING, "the rotated log " + file + " can't be compressed and is tried again later: "
                + sentence(e));
    }

    void compressed() {
        over(Kind.COMPRESSING);
    }

    void deleting(Path file, IOException e) {
        tell(Kind.DELETING, "the old log " + file + " can't be deleted and is tried again later: " + sentence(e));
    }

    void deleted() {
        over(Kind.DELETING);
    }

    private void tell(Kind kind, String text) {
        synchronized (lock) {
            if (told.put(kind, text) != null) {
                return;
            }
        }
        console.warn(text);
    }

    private void over(Kind kind) {
        synchronized (lock) {
            told.remove(kind);
        }
    }

    /** The system's own words, with the kind of failure where they are only a path. */
    static String sentence(IOException e) {
        if (e instanceof FileSystemException f && f.getReason() == null) {
            return f.getClass().getSimpleName() + " " + f.getMessage();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
