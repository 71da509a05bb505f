package demo.log;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Reports failures of the log on the console: each kind once when it begins and once when it is resolved.
 *
 * <p>Any thread may call. Messages are queued, and {@link #print} prints them on the background thread: a terminal or
 * pipe that blocks must not block a thread that writes a line.
 */
final class ErrorReporter {
    enum Kind { WRITE, ROTATE, CHECK, COMPRESS, DELETE, EARLY_DELETE, BACKGROUND }

    /** The queue becomes this long only if the console blocks; further messages are dropped. */
    private static final int MAX_QUEUED = 100;

    private final Console console;
    private final Set<Kind> failing = EnumSet.noneOf(Kind.class); // guarded by this
    private List<Runnable> queue = new ArrayList<>(); // guarded by this

    ErrorReporter(Console console) {
        this.console = console;
    }

    synchronized void failed(Kind kind, String text) {
        if (failing.add(kind)) {
            warn(text);
        }
    }

    synchronized void resolved(Kind kind, String text) {
        if (failing.remove(kind)) {
            queue.add(() -> console.say(text));
        }
    }

    synchronized void warn(String text) {
        if (queue.size() < MAX_QUEUED) {
            queue.add(() -> console.warn(text));
        }
    }

    void print() {
        List<Runnable> messages;
        synchronized (this) {
            messages = queue;
            queue = new ArrayList<>();
        }
        messages.forEach(Runnable::run);
    }

    /** The reason of a failure in words, without a class name or the path: "permission denied". */
    static String cause(Throwable e) {
        if (e instanceof FileSystemException f && f.getReason() == null) {
            // NoSuchFileException: the class is the reason
            return e.getClass().getSimpleName().replace("Exception", "").replaceAll("(?<=.)(?=[A-Z])", " ")
                    .toLowerCase(Locale.ROOT);
        }
        if (e instanceof FileSystemException f) {
            return f.getReason();
        }
        if (e instanceof FileNotFoundException && e.getMessage().endsWith(")")) {
            // /var/logs/app.log (Permission denied)
            return e.getMessage().substring(e.getMessage().lastIndexOf('(') + 1, e.getMessage().length() - 1);
        }
        return e instanceof IOException && e.getMessage() != null ? e.getMessage() : e.toString();
    }
}
