package demo.log;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/**
 * The result of lstat(2): a symbolic link is not followed.
 *
 * @param key     device and inode: the same under every name of the file
 * @param bytes   size
 * @param regular false for a link, folder, FIFO, device or socket
 */
record FileStat(Object key, long bytes, boolean regular, int mode, int uid, int gid, int hardLinks) {
    /** Null if the name does not exist. */
    static FileStat of(Path path) throws IOException {
        try {
            Map<String, Object> stat = Files.readAttributes(path,
                    "unix:fileKey,size,isRegularFile,mode,uid,gid,nlink", LinkOption.NOFOLLOW_LINKS);
            return new FileStat(stat.get("fileKey"), (long) stat.get("size"), (boolean) stat.get("isRegularFile"),
                    (int) stat.get("mode"), (int) stat.get("uid"), (int) stat.get("gid"), (int) stat.get("nlink"));
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    static FileStat ofRegularFile(Path path) throws IOException {
        FileStat stat = of(path);
        if (stat == null || !stat.regular) {
            throw new FileSystemException(path.toString(), null, "not a regular file");
        }
        return stat;
    }

    boolean isSameFileAs(FileStat other) {
        return other != null && key.equals(other.key);
    }

    /**
     * Creates an empty file with group, owner and mode of {@code model}, as far as the system permits. Before
     * the mode is set, only the owner can open the file. Fails if the name exists, also as a link.
     *
     * @param model null for the defaults of the process
     */
    static void create(Path file, FileStat model) throws IOException {
        if (model == null) {
            Files.createFile(file);
            return;
        }
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        FileStat created = of(file);
        set(file, "gid", created.gid, model.gid);
        set(file, "uid", created.uid, model.uid);
        set(file, "mode", created.mode, model.mode & 0777 | 0600);
    }

    private static void set(Path file, String attribute, int value, int wanted) {
        try {
            if (value != wanted) {
                Files.setAttribute(file, "unix:" + attribute, wanted, LinkOption.NOFOLLOW_LINKS);
            }
        } catch (IOException e) {
            // Not permitted to this user. Continue: the line is more important than the access rights.
        }
    }
}
