package demo.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One process a log: a lock on the hidden file {@code .app.log.lock} beside it, which contains the owner's process id.
 * The system releases the lock when the process ends, however it ends. The file stays: after a deletion two processes
 * could hold locks on two files of the same name. The name is hidden because collectors read {@code app.log*}.
 *
 * <p>If the lock file disappears, for example with its folder, the next {@link #acquire} creates and locks a new one.
 *
 * <p>Not thread-safe.
 */
final class LogLock implements Closeable {
    /**
     * A POSIX lock belongs to the process, and closing any descriptor of the file releases it. A second log in this
     * process must therefore be refused before it opens the lock file.
     */
    private static final Set<Path> LOCKED_BY_THIS_PROCESS = ConcurrentHashMap.newKeySet();

    /** Another process or log has the lock. */
    static final class HeldException extends IOException {
        private static final long serialVersionUID = 1;

        HeldException(String message) {
            super(message);
        }
    }

    private final Path log;
    private final Path file;
    private FileChannel channel;
    private FileStat held;
    private boolean registered;

    /** @param log the resolved path of the log */
    LogLock(Path log) {
        this.log = log;
        this.file = log.resolveSibling("." + log.getFileName() + ".lock");
    }

    /**
     * Acquires the lock unless it is held; creates the folder.
     *
     * @throws HeldException if another process or log has the lock; the message names the process
     */
    void acquire() throws IOException {
        FileStat there = FileStat.of(file);
        if (held != null && there != null && there.isSameFileAs(held)) {
            return;
        }
        if (!registered && !LOCKED_BY_THIS_PROCESS.add(file)) {
            throw new HeldException("this process already writes the log " + log + "; open one log per file");
        }
        registered = true;
        // An interrupted thread cannot use a channel.
        boolean interrupted = Thread.interrupted();
        try {
            // The lock file has no name any more: releasing the lock on it changes nothing.
            closeChannel();
            channel = open(there);
            lock();
            held = FileStat.of(file);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Does not follow a link that another user may have created under this name. */
    private FileChannel open(FileStat there) throws IOException {
        Files.createDirectories(file.getParent());
        if (there == null) {
            FileStat.create(file, null);
        }
        if (FileStat.ofRegularFile(file).hasOtherNames()) {
            throw new LogFileException("cannot lock " + file + ": the file has another name (a hard link);"
                    + " delete it", null);
        }
        return FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    }

    private void lock() throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (IOException e) {
            throw new LogFileException("cannot lock " + file + ": " + ErrorReporter.cause(e)
                    + "; put the log on a file system that supports locks, such as a local disk", e);
        }
        if (lock == null) {
            String owner = new String(read(), StandardCharsets.US_ASCII).strip();
            throw new HeldException("another process" + (owner.matches("\\d+") ? " (" + owner + ")" : "")
                    + " already writes the log " + log + "; set another log file for this process");
        }
        channel.truncate(0);
        channel.write(StandardCharsets.US_ASCII.encode(Long.toString(ProcessHandle.current().pid())), 0);
    }

    private byte[] read() throws IOException {
        var bytes = ByteBuffer.allocate(20);
        channel.read(bytes, 0);
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    private void closeChannel() throws IOException {
        held = null;
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }

    @Override
    public void close() throws IOException {
        try {
            closeChannel();
        } finally {
            if (registered) {
                LOCKED_BY_THIS_PROCESS.remove(file);
                registered = false;
            }
        }
    }
}
