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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Paths that the log accepts, the access rights of its files, and planted files. */
class LogFileTest {
    @TempDir
    private Path folder;
    private LogFixture fixture;

    @BeforeEach
    void fixture() {
        fixture = new LogFixture(folder);
    }

    private String refusal(Path path) {
        var refusal = assertTimeoutPreemptively(Duration.ofSeconds(10),
                () -> assertThrows(LogFileException.class, () -> fixture.open(path)));
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

        Path file = fixture.put("file", "");
        assertEquals("cannot write the log " + file + "/app.log: " + file + " is not a directory",
                refusal(file.resolve("app.log")));
        assertEquals("cannot write the log /proc/none/app.log: no such file",
                refusal(Path.of("/proc/none/app.log")));
    }

    @Test
    void followsASymbolicLinkOnceAndRotatesAtItsTarget() throws Exception {
        Path target = Files.createDirectory(folder.resolve("disk")).resolve("target.log");
        Path link = Files.createSymbolicLink(folder.resolve("app.log"), Path.of("disk/target.log"));
        try (Log log = fixture.open(link)) {
            LogFixture.writeUntilRotated(log);

            assertEquals(List.of(".target.log.lock", "target.log", "target.log.2024-12-17_12-00-00"),
                    Lines.names(target.getParent()));
            assertTrue(Files.isSymbolicLink(link));
            assertEquals(List.of("app.log", "disk"), Lines.names(folder));
            assertTrue(assertThrows(IOException.class, () -> fixture.open(target)).getMessage()
                    .contains("already writes the log " + target.toRealPath()));
        }
    }

    @Test
    void nextFileAndGzipHaveGroupAndModeOfTheLog() throws Exception {
        fixture.compressionDelay = Duration.ZERO;
        try (Log log = fixture.open()) {
            var mode = PosixFilePermissions.fromString("rw-r-----");
            Files.setPosixFilePermissions(fixture.file, mode);
            boolean root = Files.getAttribute(fixture.file, "unix:uid").equals(0);
            for (String id : root ? List.of("uid", "gid") : List.<String>of()) {
                Files.setAttribute(fixture.file, "unix:" + id, 4_242);
            }
            LogFixture.writeUntilRotated(log);
            fixture.compressAll(log);

            assertEquals(List.of("app.log", "app.log.2024-12-17_12-00-00.gz"), fixture.names());
            for (String name : fixture.names()) {
                Path file = folder.resolve(name);
                assertEquals(mode, Files.getPosixFilePermissions(file), name);
                for (String id : root ? List.of("unix:uid", "unix:gid") : List.<String>of()) {
                    assertEquals(4_242, Files.getAttribute(file, id), name);
                }
            }
        }
    }

    @Test
    void refusesAPlantedLockFileAndDoesNotTouchItsVictim() throws Exception {
        Path victim = fixture.put("victim", "precious");
        Path lock = Files.createSymbolicLink(folder.resolve(".app.log.lock"), victim);
        assertTrue(refusal(fixture.file).contains(".app.log.lock is a link or not a regular file, delete it"));

        Files.delete(lock);
        Files.createLink(lock, victim);
        assertTrue(refusal(fixture.file).contains("is a link or not a regular file"));

        assertEquals("precious", Files.readString(victim));
    }

    @Test
    void doesNotWriteThroughPlantedLinks() throws Exception {
        Path victim = fixture.put("victim", "precious");
        fixture.compressionDelay = Duration.ZERO;
        Path temporary = folder.resolve(".app.log.2024-12-17_12-00-00.gz.part");
        Path rotated = Files.createSymbolicLink(folder.resolve("app.log.2024-12-01_00-00-00"), victim);
        try (Log log = fixture.open()) {
            LogFixture.writeUntilRotated(log);
            Files.createSymbolicLink(temporary, victim);
            fixture.compressAll(log);
            assertEquals(1, log.stats().compressions());
            assertFalse(Files.exists(temporary, LinkOption.NOFOLLOW_LINKS));
            assertTrue(Files.isSymbolicLink(rotated), "not a file of the log");

            Files.delete(fixture.file);
            Files.createSymbolicLink(fixture.file, victim);
            log.check();
            LogFixture.write(log, "dropped");
            Files.delete(fixture.file);
            LogFixture.write(log, "after");
            assertEquals("after", Lines.parse(Lines.of(fixture.file).getFirst()).get("message"));
            assertEquals(1, log.stats().linesDropped());
        }
        assertEquals("precious", Files.readString(victim));
    }

    @Test
    void reportsAFolderThatEveryUserCanWriteTo() throws Exception {
        fixture.open().close();
        assertEquals("", fixture.printed());
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));

        fixture.open().close();

        assertTrue(fixture.printed().contains("every user of this machine can write to the folder of the log, "
                + folder.toRealPath()), fixture.printed());
    }
}
