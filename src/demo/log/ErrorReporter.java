package demo.log;

import java.io.FileNotFoundException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Reports failures of the log on the console: each kind once when it begins and once when it is resolved.
 *
 * <p>Any thread may call. A message is queued; {@link #print} prints it on the background thread, because a terminal or
 * pipe that blocks must not block a thread that writes a line.
 */
final class ErrorReporter {
    enum Kind { WRITE, ROTATE, CHECK, COMPRESS, DELETE, EARLY_DELETE }

    /** The queue is longer than this only if the console blocks; further messages are dropped. */
    private static final int MAX_QUEUED = 100;

    private record Message(boolean isWarning, String text) { }

    private final Console console;
    private final Set<Kind> failing = EnumSet.noneOf(Kind.class); // guarded by this
    private List<Message> queue = new ArrayList<>(); // guarded by this

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
            queue(new Message(false, text));
        }
    }

    synchronized void warn(String text) {
        queue(new Message(true, text));
    }

    private void queue(Message message) {
        if (queue.size() < MAX_QUEUED) {
            queue.add(message);
        }
    }

    /** Prints what is queued. */
    void print() {
        List<Message> messages;
        synchronized (this) {
            messages = queue;
            queue = new ArrayList<>();
        }
        for (Message message : messages) {
            if (message.isWarning()) {
                console.warn(message.text());
            } else {
                console.say(message.text());
            }
        }
    }

    /** The reason of a failure as the operating system words it, without a class name or a repeated path. */
    static String cause(Throwable e) {
        return switch (e) {
            case NoSuchFileException _ -> "No such file or directory";
            case AccessDeniedException _ -> "Permission denied";
            case FileAlreadyExistsException _ -> "File exists";
            case NotDirectoryException _ -> "Not a directory";
            case DirectoryNotEmptyException _ -> "Directory not empty";
            case FileSystemLoopException _ -> "Too many levels of symbolic links";
            case FileSystemException f when f.getReason() != null -> f.getReason();
            // "/path/app.log (Permission denied)"
            case FileNotFoundException f when f.getMessage() != null && f.getMessage().endsWith(")") ->
                f.getMessage().substring(f.getMessage().lastIndexOf('(') + 1, f.getMessage().length() - 1);
            case java.io.IOException io when io.getMessage() != null -> io.getMessage();
            default -> e.toString();
        };
    }
}
