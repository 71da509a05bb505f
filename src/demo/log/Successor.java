package demo.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The file that comes after the current one, made ahead of time: to make a file takes four times as long as to
 * rename one, longer still when the disk's journal is busy, and a rotation is made by whoever logs the next line.
 *
 * <p>It waits, empty, under the hidden name {@code .app.log.next}, which followers of {@code app.log*} don't see. A
 * process that is killed leaves it to the next one. Where it is missing, a rotation makes its file itself.
 *
 * <p>The writer takes and orders, the background thread prepares.
 *
 * <pre>
 *   order ──▶ (background) prepare ──▶ take ──▶ renamed to app.log ──▶ order …
 * </pre>
 */
final class Successor {
    private final Disk disk;
    private final Path path;
    private final AtomicReference<Disk.Output> ready = new AtomicReference<>();
    /** Only from an order to its preparation may the hidden name be touched by the background thread. */
    private volatile boolean wanted = true;

    Successor(Path log, Disk disk) {
        this.path = log.resolveSibling("." + log.getFileName() + ".next");
        this.disk = disk;
    }

    Path path() {
        return path;
    }

    /** Asks for one, the last having been renamed, or lost. */
    void order() {
        wanted = true;
    }

    /** Makes the file where it was ordered. What fails is tried again by the rotation itself, which tells. */
    void prepare() {
        if (!wanted) {
            return;
        }
        Disk.Output made = make();
        // Before it can be taken: an order that came meanwhile is met by it, one that comes later is another.
        wanted = false;
        ready.set(made);
    }

    /** Null where it can't be made. */
    private Disk.Output make() {
        try {
            Disk.Output made = disk.append(path);
            if (isEmpty(made)) {
                return made;
            }
            // Nobody of ours writes into it.
            made.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // The rotation will find none.
        }
        return null;
    }

    private static boolean isEmpty(Disk.Output made) throws IOException {
        try {
            return made.size() == 0;
        } catch (IOException e) {
            made.close();
            throw e;
        }
    }

    /** The open file, which the caller renames; null when there is none. */
    Disk.Output take() {
        return ready.getAndSet(null);
    }

    /** An empty file is not worth keeping. The background thread must have ended. */
    void close() {
        try (Disk.Output made = take()) {
            if (made != null) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            // It is hidden, empty, and the next process takes it.
        }
    }
}
