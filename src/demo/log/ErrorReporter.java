package demo.log;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reports failures of the log on the console: each kind once when it begins, with the first file that failed, and once
 * when this file is repaired.
 *
 * <p>Any thread may call. Messages are queued, and {@link #print} prints them on the background thread: a terminal or
 * pipe that blocks must not block a thread that writes a line.
 */
final class ErrorReporter {
    enum Kind {
        WRITE("write", "requests continue, dropped lines are counted"),
        ROTATE("rotate", "the file grows beyond its limit"),
        CHECK("check", "the check is repeated every second"),
        COMPRESS("compress", "the compression is retried in the next minute"),
        DELETE("delete", "the deletion is retried"),
        MAINTAIN("maintain", "this is retried");

        private final String verb;
        private final String consequence;

        Kind(String verb, String consequence) {
            this.verb = verb;
            this.consequence = consequence;
        }
    }

    private final Console console;
    private final Map<Kind, Path> failing = new EnumMap<>(Kind.class); // guarded by this
    private List<Runnable> messages = new ArrayList<>(); // guarded by this

    ErrorReporter(Console console) {
        this.console = console;
    }

    synchronized void failed(Kind kind, Path path, Throwable e) {
        if (failing.putIfAbsent(kind, path) == null) {
            warn("cannot " + kind.verb + " " + path + ": " + cause(e) + "; " + kind.consequence);
        }
    }

    synchronized void resolved(Kind kind, Path path) {
        if (failing.remove(kind, path)) {
            messages.add(() -> console.say("can " + kind.verb + " " + path + " again"));
        }
    }

    synchronized void warn(String text) {
        messages.add(() -> console.warn(text));
    }

    void print() {
        List<Runnable> queued;
        synchronized (this) {
            queued = messages;
            messages = new ArrayList<>();
        }
        queued.forEach(Runnable::run);
    }

    /** The reason of a failure in words, without a class name or the path: "no such file". */
    static String cause(Throwable e) {
        if (e instanceof FileSystemException f) {
            return f.getReason() != null ? f.getReason() : e.getClass().getSimpleName().replace("Exception", "")
                    .replaceAll("(?<=.)(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
        }
        String message = e.getMessage();
        if (e instanceof FileNotFoundException && message.endsWith(")")) { // /var/logs/app.log (Permission denied)
            return message.substring(message.lastIndexOf('(') + 1, message.length() - 1);
        }
        return e instanceof IOException && message != null ? message : e.toString();
    }
}
