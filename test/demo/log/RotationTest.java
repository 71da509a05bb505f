package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a file gets its own name, and what becomes of it. */
class RotationTest {
    @TempDir
    private Path folder;
    private Shelf shelf;

    @BeforeEach
    void shelf() {
        shelf = new Shelf(folder);
        shelf.rotationBytes = 1_000;
    }

    /** A line of about 150 bytes. */
    private static void write(Log log, int n) {
        log.info("l", "line " + n).with("padding", "x".repeat(20)).write();
    }

    @Test
    void rotatesWhenTheNextLineWouldPassTheSize() throws Exception {
        try (Log log = shelf.open()) {
            write(log, 0);
            long bytes = Files.size(shelf.file);
            int fit = (int) (shelf.rotationBytes / bytes);
            for (int n = 1; n < fit; n++) {
                write(log, n);
            }
            assertEquals(List.of("app.log"), shelf.names());

            write(log, fit);

            assertEquals(List.of("app.log", "app.log.2024-12-17_12-00-00"), shelf.names());
            assertEquals(bytes * fit, Files.size(folder.resolve("app.log.2024-12-17_12-00-00")));
            assertEquals(1, log.stats().rotations());
            assertEquals(Files.size(shelf.file), log.stats().currentFileBytes());
        }
    }

    @Test
    void anOrderInTheMidstOfAPreparationIsMetByIt() throws Exception {
        var disk = new BrokenDisk();
        var successor = new Successor(shelf.file, disk);
        disk.whileOpening = successor::order;

        successor.prepare();
        try (var taken = successor.take()) {
            assertTrue(taken != null);
            successor.prepare();

            assertEquals(null, successor.take(), "while the taken one still has the name, no other is opened under it");
        }
    }

    @Test
    void keepsTheCompressedFileWhenItsSourceCannotBeRead() throws Exception {
        Files.createDirectory(folder.resolve("app.log.2024-12-16_12-00-00"));
        Files.write(folder.resolve("app.log.2024-12-16_12-00-00.gz"), new byte[] {31, (byte) 139, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0});

        try (Log _ = shelf.open()) {
            assertTrue(shelf.names().contains("app.log.2024-12-16_12-00-00.gz"));
        }
    }

    @Test
    void goesOnInTheFileThatWasMadeAhead() throws Exception {
        try (Log log = shelf.open()) {
            log.compressNext();
            Object made = Files.readAttributes(next(), BasicFileAttributes.class).fileKey();

            writeUntilRotated(log);

            assertEquals(made, Files.readAttributes(shelf.file, BasicFileAttributes.class).fileKey());
            assertFalse(Files.exists(next()));
            log.compressNext();
            assertTrue(Files.exists(next()));
        }
        assertFalse(Files.exists(next()));
    }

    @Test
    void makesAFileItselfWhenTheOneMadeAheadIsGoneOrNotEmpty() throws Exception {
        Files.writeString(next(), "somebody else's\n");
        try (Log log = shelf.open()) {
            log.compressNext();
            assertFalse(Files.exists(next()));
            writeUntilRotated(log);
            log.compressNext();
            Files.delete(next());

            writeUntilRotated(log);

            assertEquals(2, log.stats().rotations());
            assertEquals(0, log.stats().rotationFailures());
            log.lookAfter();
        }
        assertFalse(String.join("", Files.readAllLines(shelf.file)).contains("somebody"));
        assertEquals("", shelf.said());
    }

    /** Made ahead, by the rotation itself, or by the compression: others stay out. */
    @Test
    void whatComesOfAClosedFileIsClosed() throws Exception {
        shelf.compressionDelay = Duration.ZERO;
        var closed = PosixFilePermissions.fromString("r--r-----");
        var ours = PosixFilePermissions.fromString("rw-r-----");
        try (Log log = shelf.open()) {
            log.compressNext();
            Files.setPosixFilePermissions(shelf.file, closed);
            writeUntilRotated(log);
            assertEquals(ours, Files.getPosixFilePermissions(shelf.file));

            writeUntilRotated(log);
            while (log.compressNext()) { }

            assertEquals(List.of("app.log", "app.log.2024-12-17_12-00-00.1.gz", "app.log.2024-12-17_12-00-00.gz"), shelf.names());
            for (String name : shelf.names()) {
                assertEquals(ours, Files.getPosixFilePermissions(folder.resolve(name)), name);
            }
        }
    }

    private Path next() {
        return folder.resolve(".app.log.next");
    }

    private static void writeUntilRotated(Log log) {
        long before = log.stats().rotations();
        for (int n = 0; log.stats().rotations() == before; n++) {
            write(log, n);
        }
    }

    /** Whose name is found ahead, but then the second is over, or somebody else takes it, or it is used. */
    @Test
    void takesAnotherNameThanTheOneFoundAheadWhereThatIsNotRightAnyMore() throws Exception {
        try (Log log = shelf.open()) {
            log.compressNext();
            shelf.clock.move(Duration.ofSeconds(1));
            writeUntilRotated(log);
            log.compressNext();
            writeUntilRotated(log);
            writeUntilRotated(log);
            log.compressNext();
            shelf.put("app.log.2024-12-17_12-00-01.3", "somebody else's\n");
            writeUntilRotated(log);

            assertEquals(List.of("app.log", "app.log.2024-12-17_12-00-01", "app.log.2024-12-17_12-00-01.1",
                    "app.log.2024-12-17_12-00-01.2", "app.log.2024-12-17_12-00-01.3", "app.log.2024-12-17_12-00-01.4"),
                    shelf.names());
            assertEquals("somebody else's\n", Files.readString(folder.resolve("app.log.2024-12-17_12-00-01.3")));
            assertEquals(0, log.stats().rotationFailures());
        }
    }

    @Test
    void numbersTheFilesOfOneSecond() throws Exception {
        try (Log log = shelf.open()) {
            for (int n = 0; n < 20; n++) {
                write(log, n);
            }
        }

        assertEquals(List.of("app.log", "app.log.2024-12-17_12-00-00", "app.log.2024-12-17_12-00-00.1",
                "app.log.2024-12-17_12-00-00.2"), shelf.names());
        List<Object> expected = new ArrayList<>();
        for (int n = 0; n < 20; n++) {
            expected.add("line " + n);
        }
        assertEquals(expected, shelf.messages());
    }

    @Test
    void aLineLongerThanAFileGetsOneForItself() throws Exception {
        try (Log log = shelf.open()) {
            write(log, 0);
            log.info("l", "x".repeat(5_000)).write();
            write(log, 1);

            assertEquals(2, log.stats().rotations());
        }
        List<Path> parts = Lines.parts(shelf.file);
        assertEquals(3, parts.size());
        for (Path part : parts) {
            assertEquals(1, Lines.of(part).size());
        }
    }

    @Test
    void rotatesAFileThatIsADayOldThoughNothingIsWritten() throws Exception {
        try (Log log = shelf.open()) {
            write(log, 0);
            shelf.clock.move(Duration.ofHours(24).minusSeconds(1));
            log.lookAfter();
            assertEquals(0, log.stats().rotations());

            shelf.clock.move(Duration.ofSeconds(1));
            log.lookAfter();

            assertEquals(1, log.stats().rotations());
            shelf.clock.move(Duration.ofDays(2));
            log.lookAfter();
            assertEquals(1, log.stats().rotations(), "an empty file is not rotated");
        }
    }

    @Test
    void knowsTheAgeOfAFileThatAnotherProcessBegan() throws Exception {
        try (Log log = shelf.open()) {
            write(log, 0);
        }
        shelf.clock.move(Duration.ofHours(23));
        try (Log log = shelf.open()) {
            write(log, 1);
            shelf.clock.move(Duration.ofHours(1));
            log.lookAfter();

            assertEquals(1, log.stats().rotations());
        }
    }

    @Test
    void aClockThatIsSetBackNeitherRotatesNorOverwrites() throws Exception {
        try (Log log = shelf.open()) {
            for (int n = 0; n < 10; n++) {
                write(log, n);
            }
            shelf.clock.move(Duration.ofDays(-400));
            log.lookAfter();
            shelf.clock.move(Duration.ofDays(400).minusHours(1));
            log.lookAfter();
            shelf.clock.move(Duration.ofHours(1));
            for (int n = 10; n < 20; n++) {
                write(log, n);
            }

            List<Object> expected = new ArrayList<>();
            for (int n = 0; n < 20; n++) {
                expected.add("line " + n);
            }
            assertEquals(expected, shelf.messages());
        }
    }

    @Test
    void goesOnInTheSameFileWhenTheRenameFails() throws Exception {
        try (Log log = shelf.open()) {
            shelf.disk.refusesToMove = true;
            for (int n = 0; n < 30; n++) {
                write(log, n);
            }
            assertEquals(List.of("app.log"), shelf.names());
            assertTrue(log.stats().rotationFailures() > 1);
            assertEquals(1, shelf.said().lines().count(), "told once");
            assertTrue(shelf.said().contains("can't be rotated and goes on growing: Permission denied"));

            shelf.disk.refusesToMove = false;
            for (int n = 30; n < 40; n++) {
                write(log, n);
            }

            assertEquals(40, shelf.messages().size());
            assertTrue(log.stats().rotations() > 0);
            assertEquals(0, log.stats().linesDropped());
        }
    }

    @Test
    void goesBackToTheOldFileWhenTheNewOneCannotBeOpened() throws Exception {
        try (Log log = shelf.open()) {
            shelf.disk.refusesToOpen = true;
            for (int n = 0; n < 30; n++) {
                write(log, n);
            }

            assertEquals(List.of("app.log"), shelf.names());
            assertEquals(30, shelf.messages().size());
            assertEquals(0, log.stats().linesDropped());
        }
    }

    @Test
    void compressesAFileOnlyAfterItsPlainTime() throws Exception {
        try (Log log = shelf.open()) {
            for (int n = 0; n < 10; n++) {
                write(log, n);
            }
            byte[] plain = Files.readAllBytes(folder.resolve("app.log.2024-12-17_12-00-00"));
            shelf.clock.move(Duration.ofMinutes(15).minusSeconds(1));
            assertFalse(log.compressNext());

            shelf.clock.move(Duration.ofSeconds(1));
            assertTrue(log.compressNext());

            assertFalse(log.compressNext());
            assertEquals(List.of("app.log", "app.log.2024-12-17_12-00-00.gz"), shelf.names());
            assertEquals(new String(plain), String.join("\n", Lines.of(folder.resolve(
                    "app.log.2024-12-17_12-00-00.gz")).stream().map(String::new).toList()) + "\n");
            assertEquals(1, log.stats().compressions());
            assertEquals(1, log.stats().rotatedFiles());
        }
    }

    @Test
    void deletesWhatIsOlderThanTheRetentionButNeverTheNewest() throws Exception {
        shelf.put("app.log.2024-12-01_00-00-00.gz", "");
        shelf.put("app.log.2024-12-02_00-00-00", "");
        shelf.put("app.log.2024-12-02_00-00-00.bak", "someone else's");
        shelf.put("app.log.2024-12-16_00-00-00.gz", "");
        try (Log log = shelf.open()) {
            log.lookAfter();
            assertEquals(List.of("app.log", "app.log.2024-12-02_00-00-00.bak", "app.log.2024-12-16_00-00-00.gz"),
                    shelf.names());

            shelf.clock.move(Duration.ofDays(30));
            log.lookAfter();

            assertTrue(shelf.names().contains("app.log.2024-12-16_00-00-00.gz"), "the newest is kept");
            for (int n = 0; n < 10; n++) {
                write(log, n);
            }
            log.lookAfter();
            assertFalse(shelf.names().contains("app.log.2024-12-16_00-00-00.gz"), "now another is the newest");
            assertEquals(3, log.stats().deletedByRetention());
        }
    }

    @Test
    void finishesWhatAKilledProcessLeft() throws Exception {
        shelf.put("app.log.2024-12-17_10-00-00", "whole\n");
        gzip("app.log.2024-12-17_10-00-00.gz", "whole\n");
        shelf.put("app.log.2024-12-17_11-00-00", "whole too\n");
        shelf.put("app.log.2024-12-17_11-00-00.gz", "half of somebody's gzip");
        shelf.put(".app.log.2024-12-17_11-00-00.gz.part", "half");
        shelf.put("app.log", "{\"timestamp\":\"2024-12-17T11:30:00.000000Z\"}\n{\"torn");

        try (Log log = shelf.open()) {
            log.info("l", "next").write();
            while (log.compressNext()) {
                assertTrue(log.stats().compressions() < 3);
            }
        }

        assertEquals(List.of("app.log", "app.log.2024-12-17_10-00-00.gz", "app.log.2024-12-17_11-00-00.gz"),
                shelf.names());
        assertEquals("whole too", new String(Lines.of(folder.resolve("app.log.2024-12-17_11-00-00.gz")).getFirst()));
        List<byte[]> lines = Lines.of(shelf.file);
        assertEquals("{\"torn", new String(lines.get(1)));
        assertEquals("next", Lines.parse(lines.get(2)).get("message"));
    }

    private void gzip(String name, String content) throws IOException {
        try (var out = new java.util.zip.GZIPOutputStream(Files.newOutputStream(folder.resolve(name)))) {
            out.write(content.getBytes());
        }
    }

    @Test
    void aFileThatCannotBeCompressedIsToldOnceAndTriedAgain() throws Exception {
        try (Log log = shelf.open()) {
            for (int n = 0; n < 10; n++) {
                write(log, n);
            }
            shelf.clock.move(Duration.ofMinutes(15));
            // A folder where the temporary file should be.
            Path inTheWay = folder.resolve(".app.log.2024-12-17_12-00-00.gz.part");
            Files.createDirectories(inTheWay.resolve("full"));
            assertTrue(log.compressNext());
            assertFalse(log.compressNext(), "not again at once");
            assertEquals(1, log.stats().compressionFailures());
            assertEquals(1, shelf.said().lines().count());

            Files.delete(inTheWay.resolve("full"));
            Files.delete(inTheWay);
            shelf.clock.move(Duration.ofMinutes(1));
            assertTrue(log.compressNext());

            assertEquals(1, log.stats().compressions());
        }
    }

    @Test
    void thousandsOfKeptFilesCostARotationNothing() throws Exception {
        for (int i = 0; i < 5_000; i++) {
            shelf.put("app.log." + LogFileName.at("x", shelf.clock.instant().minusSeconds(i + 1)).toString()
                    .substring(2) + ".gz", "");
        }
        try (Log log = shelf.open()) {
            long start = System.nanoTime();
            for (int n = 0; n < 3_000; n++) {
                write(log, n);
            }
            log.lookAfter();
            long millis = (System.nanoTime() - start) / 1_000_000;

            assertEquals(5_000 + log.stats().rotations(), log.stats().rotatedFiles());
            assertTrue(log.stats().rotations() >= 400);
            assertTrue(millis < 5_000, () -> "took " + millis + " ms");
        }
    }
}
