package demo.log;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;

/** The machine's own file system. */
final class RealDisk implements Disk {
    @Override
    public Output append(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        // A link to a folder is a folder; createDirectories would refuse it.
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
        }
        return new AppendedFile(file);
    }

    /** Whether anything has this name, a link to nothing too. Files.exists would make an exception of every "no". */
    static boolean exists(Path path) {
        try {
            return path.getFileSystem().provider().readAttributesIfExists(path, BasicFileAttributes.class,
                    LinkOption.NOFOLLOW_LINKS) != null;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        if (exists(to)) {
            throw new FileAlreadyExistsException(to.toString());
        }
        // Atomic, so that a move that can't be a rename fails instead of copying.
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public Optional<Facts> look(Path file) throws IOException {
        try {
            var attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return Optional.of(new Facts(attributes.fileKey(), attributes.size()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public boolean isInFolder(Path folder, Object key) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                if (look(file).map(Facts::key).filter(key::equals).isPresent()) {
                    return true;
                }
            }
            return false;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** O_APPEND, so that a file which someone else truncates goes on at its new end and gets no hole. */
    private static final class AppendedFile implements Output {
        private final FileOutputStream out;
        private final RandomAccessFile in;
        private final Object key;

        AppendedFile(Path file) throws IOException {
            out = new FileOutputStream(file.toFile(), true);
            try {
                in = new RandomAccessFile(file.toFile(), "r");
                key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
            } catch (IOException | RuntimeException e) {
                out.close();
                throw e;
            }
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            out.write(bytes, from, length);
        }

        @Override
        public long size() throws IOException {
            return in.length();
        }

        /** The one thing only a channel can do; an interrupt waits outside meanwhile. */
        @Override
        public void truncate(long size) throws IOException {
            boolean interrupted = Thread.interrupted();
            try {
                out.getChannel().truncate(size);
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        @Override
        public int read(long position, byte[] into) throws IOException {
            in.seek(position);
            return in.read(into);
        }

        @Override
        public Object key() {
            return Objects.requireNonNullElse(key, this);
        }

        @Override
        public void close() throws IOException {
            try (in) {
                out.close();
            }
        }
    }
}
