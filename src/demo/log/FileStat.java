package demo.log;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Objects;

/**
 * The result of lstat(2) on a name: a symbolic link is not followed.
 *
 * @param key     identifies the file under any name (device and inode); null where the system has no such identity
 * @param bytes   size
 * @param regular false for a link, a folder, a FIFO, a device, a socket
 * @param unix    {@code uid}, {@code gid}, {@code mode} and {@code nlink}; empty on other systems
 */
record FileStat(Object key, long bytes, boolean regular, Map<String, Object> unix) {
    private static final int MODE_BITS = 0777;
    private static final int OWNER_READ_WRITE = 0600;

    /** Null if the name does not exist. */
    static FileStat of(Path path) throws IOException {
        try {
            var basic = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            boolean isUnix = path.getFileSystem().supportedFileAttributeViews().contains("unix");
            return new FileStat(basic.fileKey(), basic.size(), basic.isRegularFile(), isUnix
                    ? Files.readAttributes(path, "unix:uid,gid,mode,nlink", LinkOption.NOFOLLOW_LINKS) : Map.of());
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    static FileStat ofRegularFile(Path path) throws IOException {
        FileStat stat = of(path);
        if (stat == null) {
            throw new NoSuchFileException(path.toString());
        }
        if (!stat.regular) {
            throw new FileSystemException(path.toString(), null, "not a regular file");
        }
        return stat;
    }

    /** Whether the file has a second name: a hard link, possibly to a file of another user. */
    boolean hasOtherNames() {
        return unix.get("nlink") instanceof Integer links && links > 1;
    }

    boolean isWritableByOthers() {
        return unix.get("mode") instanceof Integer mode && (mode & 0002) != 0;
    }

    boolean isSameFileAs(FileStat other) {
        return Objects.equals(key, other.key);
    }

    /**
     * Creates an empty file that no other user can open before it has the access rights of {@code model}. Fails if the
     * name exists, also as a link.
     *
     * @param model null for the defaults of the process
     */
    static void create(Path file, FileStat model) throws IOException {
        if (model == null || model.unix.isEmpty()) {
            Files.createFile(file);
        } else {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            model.copyAccessTo(file);
        }
    }

    /** Copies group, owner and mode as far as the system permits. The owner can always read and write. */
    private void copyAccessTo(Path file) throws IOException {
        FileStat created = of(file);
        int mode = (int) unix.get("mode") & MODE_BITS | OWNER_READ_WRITE;
        for (String name : new String[] {"gid", "uid"}) {
            if (!unix.get(name).equals(created.unix.get(name))) {
                set(file, name, (int) unix.get(name));
            }
        }
        set(file, "mode", mode);
    }

    private static void set(Path file, String name, int value) {
        try {
            Files.setAttribute(file, "unix:" + name, value, LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            // Not permitted to this user. Lines are more important than access rights.
        }
    }
}
