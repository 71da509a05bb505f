package demo.drills;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A small disk for one process: a tmpfs in a mount namespace of its own, which needs no root and disappears with the
 * process. Other processes reach its files through /proc. Linux only.
 */
final class SmallDisk {
    private final Path mountPoint;
    private final int megabytes;
    private Process process;

    SmallDisk(Path mountPoint, int megabytes) {
        this.mountPoint = mountPoint;
        this.megabytes = megabytes;
    }

    static void assumeAllowed() throws InterruptedException {
        boolean allowed;
        try {
            allowed = new ProcessBuilder("unshare", "--user", "--map-root-user", "--mount", "true").start()
                    .waitFor() == 0;
        } catch (IOException e) {
            allowed = false;
        }
        assumeTrue(allowed, "this system does not allow user mount namespaces");
    }

    /** Changes a command so that its process has the disk. */
    void mountFor(ProcessBuilder builder) {
        List<String> command = new ArrayList<>(List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                "mount -t tmpfs -o size=" + megabytes + "m tmpfs \"$0\" && exec \"$@\"", mountPoint.toString()));
        command.addAll(builder.command());
        builder.command(command);
    }

    /** The started process; exec keeps its id. */
    void mountedBy(Process started) {
        process = started;
    }

    /** The path of a file on the disk for other processes. */
    Path outside(Path place) {
        return Path.of("/proc/" + process.pid() + "/root" + place);
    }

    /** Writes a file until the disk is full. */
    void fill() throws IOException {
        try (OutputStream ballast = Files.newOutputStream(outside(ballast()))) {
            byte[] block = new byte[4096];
            while (true) {
                ballast.write(block);
            }
        } catch (IOException e) {
            if (Files.size(outside(ballast())) == 0) {
                throw e;
            }
        }
    }

    void empty() throws IOException {
        Files.delete(outside(ballast()));
    }

    private Path ballast() {
        return mountPoint.resolve("ballast");
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
        inside("umount \"$0\"", folder);
    }

    private void inside(String script, Path folder) throws IOException, InterruptedException {
        Process nsenter = new ProcessBuilder("nsenter", "--target", Long.toString(process.pid()), "--user", "--mount",
                "--preserve-credentials", "sh", "-c", script, folder.toString()).redirectErrorStream(true).start();
        String output = new String(nsenter.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (nsenter.waitFor() != 0) {
            throw new IOException(script + ": " + output);
        }
    }
}
