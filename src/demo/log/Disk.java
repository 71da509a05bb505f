package demo.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** What the log asks of a file system; the tests have ones that break. */
interface Disk {
    /** Opens a file for appending, and makes it and its folders where they are missing. */
    Output append(Path file) throws IOException;

    /** Renames within a folder; fails rather than replace a file. */
    void move(Path from, Path to) throws IOException;

    /** What has this name now, empty for nothing. */
    Optional<Facts> look(Path file) throws IOException;

    /** Whether a file of the folder, under any name, is this one. */
    boolean isInFolder(Path folder, Object key) throws IOException;

    /** A file's identity, whatever it is called, null where the system has none, and its size in bytes. */
    record Facts(Object key, long bytes) { }

    /**
     * An open file. Not a channel for writing: an interrupt closes a channel, and a request that is cancelled must
     * not take the log with it.
     */
    interface Output extends Closeable {
        /** Everything, or an exception after an unknown part of it. */
        void write(byte[] bytes, int from, int length) throws IOException;

        long size() throws IOException;

        void truncate(long size) throws IOException;

        /** Reads what was written, even when the file has lost its name; returns how many bytes, -1 at the end. */
        int read(long position, byte[] into) throws IOException;

        /** Compare with {@link Facts#key}. */
        Object key();

        @Override
        void close() throws IOException;
    }
}
