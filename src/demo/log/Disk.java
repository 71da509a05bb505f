package demo.log;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The operations on the log file that fail when a disk fails; tests override them. */
class Disk {
    /**
     * Opens an existing file for appending. Not a {@code FileChannel}: an interrupt of one writing thread would close
     * it for all. O_APPEND, so that a file which another process truncates continues at its new end, without a hole.
     */
    FileOutputStream append(Path file) throws IOException {
        return new FileOutputStream(file.toFile(), true);
    }

    /** Renames within a folder. */
    void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }
}
