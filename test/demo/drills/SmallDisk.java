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
 * A disk that one process sees: a tmpfs in a mount namespace of its own, which takes no root and leaves nothing behind.
 * From outside its files are reached through /proc. Linux only.
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
            allowed = new ProcessBuilder("unshare", "--user", "--map-root-user", "--mount", "true").start().waitFor() == 0;
        } catch (IOException e) {
            allowed = false;
        }
        assumeTrue(allowed, "this system lets nobody make a mount namespace");
    }

    /** Makes a process see the disk. */
    void put(ProcessBuilder builder) {
        List<String> command = new ArrayList<>(List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                "mount -t tmpfs -o size=" + megabytes + "m tmpfs \"$0\" && exec \"$@\"", mountPoint.toString()));
        command.addAll(builder.command());
        builder.command(command);
    }

    /** The process that sees it; exec keeps its id. */
    void seenBy(Process seer) {
        process = seer;
    }

    /** A place on the disk, for whoever doesn't see it. */
    Path outside(Path place) {
        return Path.of("/proc/" + process.pid() + "/root" + place);
    }

    /** Takes all the room there is. */
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
     * Lays a read-only view over a folder: what is opened from now on can't be written; what is open can. The view is
     * made aside, for while it is not read-only yet nobody may open a file in it.
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
        String said = new String(nsenter.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (nsenter.waitFor() != 0) {
            throw new IOException(script + ": " + said);
        }
    }
}
