package demo.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A real disk that can be full, or refuse to open and to rename. */
final class BrokenDisk implements Disk {
    private final Disk disk = new RealDisk();
    /** Bytes that can still be written. */
    volatile long bytesLeft = Long.MAX_VALUE;
    volatile boolean refusesToOpen;
    volatile boolean refusesToMove;
    /** What happens in the midst of an opening. */
    volatile Runnable whileOpening = () -> {};

    @Override
    public Output append(Path file) throws IOException {
        if (refusesToOpen) {
            throw new IOException("Read-only file system");
        }
        whileOpening.run();
        return new BrokenOutput(disk.append(file));
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        if (refusesToMove) {
            throw new IOException("Permission denied");
        }
        disk.move(from, to);
    }

    @Override
    public Optional<Facts> look(Path file) throws IOException {
        return disk.look(file);
    }

    @Override
    public boolean isInFolder(Path folder, Object key) throws IOException {
        return disk.isInFolder(folder, key);
    }

    private final class BrokenOutput implements Output {
        private final Output out;

        BrokenOutput(Output out) {
            this.out = out;
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            int fits = (int) Math.min(length, bytesLeft);
            out.write(bytes, from, fits);
            bytesLeft -= fits;
            if (fits < length) {
                throw new IOException("No space left on device");
            }
        }

        @Override
        public long size() throws IOException {
            return out.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            bytesLeft += out.size() - size;
            out.truncate(size);
        }

        @Override
        public int read(long position, byte[] into) throws IOException {
            return out.read(position, into);
        }

        @Override
        public Object key() {
            return out.key();
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }
}
