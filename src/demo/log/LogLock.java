package demo.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Lets one process at a time write a log: a lock on the hidden file {@code .app.log.lock}, which contains the owner's
 * process id. The system releases the lock when the process ends, also after a kill. The file is not deleted: two
 * processes could then lock two files of the same name. Its name is hidden because collectors read {@code app.log*}.
 */
final class LogLock implements Closeable {
    /**
     * A POSIX lock belongs to the process, and closing any descriptor of the file releases it. A second log in this
     * process must therefore be refused before it opens the lock file.
     */
    private static final Set<Path> LOCKED_BY_THIS_PROCESS = ConcurrentHashMap.newKeySet();

    private final Path log;
    private final Path file;
    private FileChannel channel;
    private FileStat held; // null if the lock is not held

    private LogLock(Path log) {
        this.log = log;
        this.file = log.resolveSibling("." + log.getFileName() + ".lock");
    }

    /** @param log the path without links, in an existing folder */
    static LogLock acquire(Path log) throws IOException {
        var lock = new LogLock(log);
        if (!LOCKED_BY_THIS_PROCESS.add(lock.file)) {
            throw new LogFileException("this process already writes the log " + log + "; open one log per file",
                    true, null);
        }
        try {
            lock.ensureHeld();
            return lock;
        } catch (IOException e) {
            lock.close();
            throw e;
        }
    }

    /** Locks again if the lock file has disappeared, for example with its folder. */
    void ensureHeld() throws IOException {
        FileStat stat = FileStat.of(file);
        if (held != null && held.isSameFileAs(stat)) {
            return;
        }
        closeChannel();
        if (stat != null && (!stat.regular() || stat.hardLinks() > 1)) {
            throw new IOException("its lock file " + file + " is a link or not a regular file, delete it");
        }
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS);
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (IOException e) {
            throw new IOException("the file system cannot lock " + file + " (" + e.getMessage()
                    + "), use a local file system", e);
        }
        if (lock == null) {
            String owner = Files.readString(file).strip();
            throw new LogFileException("another process" + (owner.matches("\\d+") ? " (" + owner + ")" : "")
                    + " already writes the log " + log + "; set another log file for this process", true, null);
        }
        channel.truncate(0);
        channel.write(StandardCharsets.US_ASCII.encode(Long.toString(ProcessHandle.current().pid())));
        held = FileStat.of(file);
    }

    private void closeChannel() throws IOException {
        held = null;
        if (channel != null) {
            channel.close();
        }
    }

    /** To be called once: another log may have the lock afterwards. */
    @Override
    public void close() {
        try {
            closeChannel();
        } catch (IOException e) {
            // The system releases the lock when the process ends.
        }
        LOCKED_BY_THIS_PROCESS.remove(file);
    }
}
