package demo.drills;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A disk of 64 MB for one process: a tmpfs in a mount namespace of its own, which needs no root and disappears with the
 * process. Other processes reach its files through /proc. Linux only.
 *
 * @param pid of the process that has the disk
 */
record SmallDisk(long pid, Path mountPoint) {
    /** Changes a command so that its process has the disk. */
    static void mountFor(ProcessBuilder builder, Path mountPoint) throws InterruptedException {
        boolean allowed;
        try {
            allowed = new ProcessBuilder("unshare", "--user", "--map-root-user", "--mount", "true").start()
                    .waitFor() == 0;
        } catch (IOException e) {
            allowed = false;
        }
        assumeTrue(allowed, "this system does not allow user mount namespaces");
        builder.command().addAll(0, List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                "mount -t tmpfs -o size=64m tmpfs \"$0\" && exec \"$@\"", mountPoint.toString())); // keeps the pid
    }

    /** The path of a file on the disk for other processes. */
    Path outside(Path place) {
        return Path.of("/proc/" + pid + "/root" + place);
    }

    /** Writes a file until the disk is full. */
    void fill() throws IOException {
        try (OutputStream out = Files.newOutputStream(ballast())) {
            while (true) {
                out.write(new byte[4096]);
            }
        } catch (IOException e) {
            if (Files.size(ballast()) == 0) {
                throw e;
            }
        }
    }

    void empty() throws IOException {
        Files.delete(ballast());
    }

    private Path ballast() {
        return outside(mountPoint.resolve("ballast"));
    }

    /**
     * Mounts a read-only view over a folder: files that are open stay writable, files opened later are not. The view
     * is prepared elsewhere, because a file opened before the remount would make the mount busy.
     */
    void makeReadOnly(Path folder) throws IOException, InterruptedException {
        inside("view=$(mktemp -d) && mount --bind \"$0\" \"$view\" && mount -o remount,bind,ro \"$view\""
                + " && mount --move \"$view\" \"$0\" && rmdir \"$view\"", folder);
    }

    void makeWritable(Path folder) throws IOException, InterruptedException {
        inside("umount --lazy \"$0\"", folder); // the service may read a file of the view at this moment
    }

    private void inside(String script, Path folder) throws IOException, InterruptedException {
        int exit = new ProcessBuilder("nsenter", "--target", Long.toString(pid), "--user", "--mount",
                "--preserve-credentials", "sh", "-c", script, folder.toString()).inheritIO().start().waitFor();
        if (exit != 0) {
            throw new IOException(script + " ended with exit code " + exit);
        }
    }
}
