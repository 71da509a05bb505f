package demo.log;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The right to write a log: a lock on the hidden file {@code .app.log.lock} beside it, which holds the owner's process
 * id. The system lets go of it when the process ends, however it ends. The file stays: deleting it would let two
 * processes hold locks on two files of that name. Hidden, because followers look for {@code app.log*}.
 *
 * <p>When the file vanishes, with its folder say, the lock is taken anew.
 *
 * <p>One thread at a time.
 */
final class Ownership implements Closeable {
    private static final int MAX_PID_BYTES = 20;
    /**
     * POSIX locks belong to the process, and closing any descriptor of the file gives them up: a second log of this
     * process must be refused before it opens the file at all.
     */
    private static final Set<Path> OWNED_BY_THIS_PROCESS = ConcurrentHashMap.newKeySet();

    private final Path log;
    private final Path file;
    private Path owned;
    private RandomAccessFile held;
    private Object key;

    Ownership(Path log) {
        this.log = log;
        this.file = log.resolveSibling("." + log.getFileName() + ".lock");
    }

    /** Makes sure that the log is ours, or throws with a sentence that says whose it is. */
    void claim() throws IOException {
        if (held != null && Objects.equals(key, keyOf(file))) {
            return;
        }
        Path folder = file.toAbsolutePath().getParent();
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
        }
        own(folder.toRealPath().resolve(file.getFileName()));
        // The file that was locked before has no name any more: giving it up loses nothing.
        letGo();
        var opened = new RandomAccessFile(file.toFile(), "rw");
        try {
            if (opened.getChannel().tryLock() == null) {
                throw new IOException("another process" + owner(opened) + " already writes the log " + log
                        + "; one process a log file, so give this one its own");
            }
            opened.setLength(0);
            opened.write(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII));
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
        held = opened;
        key = keyOf(file);
    }

    private void own(Path real) throws IOException {
        if (!real.equals(owned)) {
            if (!OWNED_BY_THIS_PROCESS.add(real)) {
                throw new IOException("this process already writes the log " + log + "; one log a file");
            }
            disown();
            owned = real;
        }
    }

    private static String owner(RandomAccessFile opened) {
        try {
            byte[] pid = new byte[MAX_PID_BYTES];
            int length = opened.read(pid);
            String digits = new String(pid, 0, Math.max(length, 0), StandardCharsets.US_ASCII).strip();
            return digits.matches("\\d+") ? " (" + digits + ")" : "";
        } catch (IOException e) {
            return "";
        }
    }

    private static Object keyOf(Path path) {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            return null;
        }
    }

    private void letGo() throws IOException {
        if (held != null) {
            held.close();
            held = null;
        }
    }

    private void disown() {
        if (owned != null) {
            OWNED_BY_THIS_PROCESS.remove(owned);
            owned = null;
        }
    }

    @Override
    public void close() throws IOException {
        try {
            letGo();
        } finally {
            disown();
        }
    }
}
