package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Paths that the log accepts, the access rights of its files, and planted files. */
class LogFileTest extends LogFixture {
    private String refusal(Path path) {
        var refusal = assertTimeoutPreemptively(Duration.ofSeconds(10),
                () -> assertThrows(LogFileException.class, () -> open(path)));
        assertFalse(refusal.getMessage().contains("Exception"), refusal.getMessage());
        return refusal.getMessage();
    }

    @Test
    void refusesPathsThatCannotBeALogAndNamesTheCause() throws Exception {
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("/dev/full"));
        Path root = Files.createSymbolicLink(folder.resolve("root"), Path.of("/"));
        Path loop = Files.createSymbolicLink(folder.resolve("loop"), Path.of("loop"));
        for (Path path : List.of(Path.of("/dev/null"), root, fifo, folder, link, loop)) {
            assertEquals("cannot write the log " + path + ": not a regular file", refusal(path));
        }
        assertFalse(Files.exists(Path.of("/dev/.null.lock")));

        put("app.log", "");
        assertEquals("cannot write the log " + file + "/app.log: " + file + " is not a directory",
                refusal(file.resolve("app.log")));
        assertEquals("cannot write the log /proc/none/app.log: no such file",
                refusal(Path.of("/proc/none/app.log")));
        assertTrue(refusal(folder.resolve("x".repeat(217))).endsWith(
                ": the file name has more than 216 bytes, too long for the names of rotated files"));
    }

    @Test
    void followsASymbolicLinkOnceAndRotatesAtItsTarget() throws Exception {
        Path target = Files.createDirectory(folder.resolve("disk")).resolve("target.log");
        Path link = Files.createSymbolicLink(folder.resolve("app.log"), Path.of("disk/target.log"));
        open(link);
        writeUntilRotated();

        assertEquals(List.of(".target.log.lock", "target.log", "target.log.2024-12-17_12-00-00"),
                Lines.names(target.getParent()));
        assertTrue(Files.isSymbolicLink(link));
        assertEquals(List.of("app.log", "disk"), Lines.names(folder));
        assertTrue(assertThrows(IOException.class, () -> open(target)).getMessage()
                .contains("this process already writes the log " + target.toRealPath()));
    }

    @Test
    void nextFileAndGzipHaveGroupAndModeOfTheLog() throws Exception {
        compressionDelay = Duration.ZERO;
        open();
        var mode = PosixFilePermissions.fromString("rw-r-----");
        Files.setPosixFilePermissions(file, mode);
        boolean root = Files.getAttribute(file, "unix:uid").equals(0);
        for (String id : root ? List.of("uid", "gid") : List.<String>of()) {
            Files.setAttribute(file, "unix:" + id, 4_242);
        }
        writeUntilRotated();
        compressAll();

        assertEquals(List.of("app.log", "app.log.2024-12-17_12-00-00.gz"), names());
        for (String name : names()) {
            Path file = folder.resolve(name);
            assertEquals(mode, Files.getPosixFilePermissions(file), name);
            for (String id : root ? List.of("unix:uid", "unix:gid") : List.<String>of()) {
                assertEquals(4_242, Files.getAttribute(file, id), name);
            }
        }
    }

    @Test
    void refusesAPlantedLockFileAndDoesNotTouchItsVictim() throws Exception {
        Path victim = put("victim", "precious");
        Path lock = Files.createSymbolicLink(folder.resolve(".app.log.lock"), victim);
        assertTrue(refusal(file).contains(".app.log.lock is a link or not a regular file, delete it"));

        Files.delete(lock);
        Files.createLink(lock, victim);
        assertTrue(refusal(file).contains("is a link or not a regular file"));

        assertEquals("precious", Files.readString(victim));
    }

    @Test
    void doesNotWriteThroughPlantedLinks() throws Exception {
        Path victim = put("victim", "precious");
        compressionDelay = Duration.ZERO;
        Path temporary = folder.resolve(".app.log.2024-12-17_12-00-00.gz.part");
        Path rotated = Files.createSymbolicLink(folder.resolve("app.log.2024-12-01_00-00-00"), victim);
        open();
        writeUntilRotated();
        Files.createSymbolicLink(temporary, victim);
        compressAll();
        assertEquals(1, log.stats().compressions());
        assertFalse(Files.exists(temporary, LinkOption.NOFOLLOW_LINKS));
        assertTrue(Files.isSymbolicLink(rotated), "not a file of the log");

        Files.delete(file);
        Files.createSymbolicLink(file, victim);
        log.check();
        write("dropped");
        Files.delete(file);
        write("after");
        assertEquals("after", Lines.parse(Lines.of(file).getFirst()).get("message"));
        assertEquals(1, log.stats().linesDropped());
        assertEquals("precious", Files.readString(victim));
    }

    @Test
    void reportsAFolderThatEveryUserCanWriteTo() throws Exception {
        open();
        log.close();
        assertEquals("", printed());
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));

        open();

        assertTrue(printed().contains("every user of this machine can write to the folder of the log, "
                + folder.toRealPath()), printed());
    }
}
