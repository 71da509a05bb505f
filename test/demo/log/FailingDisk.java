package demo.log;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;

/** A disk that is full or read-only on demand. */
final class FailingDisk extends Disk {
    /** Bytes that can still be written. */
    volatile long bytesLeft = Long.MAX_VALUE;
    volatile boolean failsToOpen;
    volatile boolean failsToRename;

    @Override
    FileOutputStream append(Path file) throws IOException {
        if (failsToOpen) {
            throw new IOException("Read-only file system");
        }
        return new FileOutputStream(file.toFile(), true) {
            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
                int fits = (int) Math.min(length, bytesLeft);
                super.write(bytes, from, fits);
                bytesLeft -= fits;
                if (fits < length) {
                    throw new IOException("No space left on device");
                }
            }
        };
    }

    @Override
    void rename(Path from, Path to) throws IOException {
        if (failsToRename) {
            throw new IOException("Permission denied");
        }
        super.rename(from, to);
    }
}
