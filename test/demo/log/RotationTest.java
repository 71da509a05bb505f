package demo.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** When a file is rotated, compressed and deleted. */
class RotationTest extends LogFixture {
    private static final String NOON = "app.log.2024-12-17_12-00-00";


    private void write(int from, int to) {
        IntStream.range(from, to).forEach(n -> write("line " + n));
    }

    private static List<String> lines(int from, int to) {
        return IntStream.range(from, to).mapToObj(n -> "line " + n).toList();
    }

    @Test
    void rotatesBeforeTheLineThatExceedsTheSize() throws Exception {
        open();
        write("");
        int bytes = (int) Files.size(file);
        write("x".repeat((int) rotationBytes - 2 * bytes));
        assertEquals(rotationBytes, Files.size(file));
        assertEquals(List.of("app.log"), names());

        write("x".repeat(5_000)); // longer than a file: gets a file of its own
        write("next");

        assertEquals(List.of("app.log", NOON, NOON + ".1"), names());
        assertEquals(rotationBytes, Files.size(folder.resolve(NOON)));
        assertEquals(1, Lines.of(folder.resolve(NOON + ".1")).size());
        assertEquals(2, log.stats().rotations());
        assertEquals(Files.size(file), log.stats().currentFileBytes());
    }

    @Test
    void skipsNamesInUse() throws Exception {
        Files.createDirectory(folder.resolve(NOON + ".1"));
        open();
        for (int i = 0; i < 3; i++) {
            writeUntilRotated();
        }

        assertEquals(List.of("app.log", NOON, NOON + ".1", NOON + ".2", NOON + ".3"), names());
    }

    @Test
    void rotatesByAgeAlsoWhenNothingIsWritten() throws Exception {
        open();
        write(0, 1);
        log.close();
        moveClock(Duration.ofHours(24).minusSeconds(1));
        open(); // the age is read from the file
        write(1, 2);
        log.check();
        assertEquals(0, log.stats().rotations());

        moveClock(Duration.ofSeconds(1));
        log.check();
        assertEquals(1, log.stats().rotations());

        moveClock(Duration.ofDays(2));
        log.check();
        assertEquals(1, log.stats().rotations(), "an empty file is not rotated");
    }

    @Test
    void aClockThatIsSetBackNeitherRotatesNorOverwrites() throws Exception {
        open();
        write(0, 10);
        moveClock(Duration.ofHours(-2));
        log.check();
        write(10, 20);
        moveClock(Duration.ofDays(-400));
        log.check();
        moveClock(Duration.ofDays(400).plusHours(2));
        write(20, 30);
        assertEquals(lines(0, 30), messages());

        long rotations = log.stats().rotations();
        moveClock(Duration.ofHours(-2));
        log.check();
        moveClock(Duration.ofHours(24));
        log.check();
        assertEquals(rotations + 1, log.stats().rotations(), "the age counts from the new time");
    }

    @Test
    void continuesInTheSameFileWhenTheRotationFails() throws Exception {
        open();
        disk.failsToOpen = true;
        write(0, 15);
        disk.failsToOpen = false;
        disk.failsToRename = true;
        write(15, 30);
        assertEquals(List.of("app.log"), names());
        assertTrue(log.stats().rotationFailures() > 1);
        assertTrue(log.stats().rotationFailures() < 30, "does not retry with every line");

        disk.failsToRename = false;
        write(30, 40);
        log.check();

        assertEquals(lines(0, 40), messages());
        assertEquals(0, log.stats().linesDropped());
        assertEquals("12:00:00 WARN cannot rotate " + file + ": Read-only file system; the file grows"
                + " beyond its limit\n12:00:00 can rotate " + file + " again\n", printed());
    }

    @Test
    void compressesAFileAfterItsDelay() throws Exception {
        open();
        writeUntilRotated();
        byte[] plain = Files.readAllBytes(folder.resolve(NOON));
        moveClock(compressionDelay.minusSeconds(1));
        assertFalse(log.maintainRotatedFiles());

        moveClock(Duration.ofSeconds(1));
        assertTrue(log.maintainRotatedFiles());
        assertFalse(log.maintainRotatedFiles());

        assertEquals(List.of("app.log", NOON + ".gz"), names());
        try (var gzip = new GZIPInputStream(Files.newInputStream(folder.resolve(NOON + ".gz")))) {
            assertArrayEquals(plain, gzip.readAllBytes());
        }
        assertEquals(1, log.stats().compressions());
        assertEquals(1, log.stats().rotatedFiles());

        writeUntilRotated();
        Files.delete(file.resolveSibling(names().getLast())); // by another process
        moveClock(compressionDelay);
        log.maintainRotatedFiles();
        assertEquals(1, log.stats().rotatedFiles());
        assertEquals(0, log.stats().compressionFailures());
    }

    @Test
    void deletesFilesOlderThanTheRetentionButNotTheNewest() throws Exception {
        put("app.log.2024-12-02_00-00-00.bak", "of another program");
        put("app.log.2024-12-02_00-00-00", "");
        put("app.log.2024-12-10_11-59-59.gz", "");
        put("app.log.2024-12-10_12-00-00.gz", "");
        put("app.log.2024-12-16_00-00-00.gz", "");
        open();
        log.maintainRotatedFiles();
        assertEquals(List.of("app.log", "app.log.2024-12-02_00-00-00.bak", "app.log.2024-12-10_12-00-00.gz",
                "app.log.2024-12-16_00-00-00.gz"), names(), "exactly seven days old: kept");

        moveClock(Duration.ofDays(30));
        log.maintainRotatedFiles();
        assertEquals(List.of("app.log", "app.log.2024-12-02_00-00-00.bak", "app.log.2024-12-16_00-00-00.gz"),
                names(), "the newest is kept");

        writeUntilRotated();
        log.maintainRotatedFiles();
        assertFalse(names().contains("app.log.2024-12-16_00-00-00.gz"), "no longer the newest");
        assertEquals(4, log.stats().deletedByRetention());
    }

    @Test
    void deletesTheOldestFilesAboveTheRetentionSizeCompressedOrNot() throws Exception {
        retentionBytes = 2_000;
        String[] names = {"app.log.2024-12-17_08-00-00.gz", "app.log.2024-12-17_09-00-00",
                "app.log.2024-12-17_10-00-00.gz", "app.log.2024-12-17_11-00-00"};
        for (String name : names) {
            put(name, "x".repeat(name.equals(names[3]) ? 1_200 : 800));
        }
        put("app.log", "x\n".repeat(5_000));
        compressionDelay = Duration.ofDays(1);
        open();
        log.maintainRotatedFiles();
        assertEquals(List.of("app.log", names[2], names[3]), names(),
                "exactly the retention size: kept; the current file does not count");

        put(names[3], "x".repeat(100_000));
        log.close();
        open();
        log.maintainRotatedFiles();
        assertEquals(List.of("app.log", names[3]), names(), "the newest is kept");
    }

    @Test
    void finishesTheFilesOfAKilledProcess() throws Exception {
        put("app.log.2024-12-17_10-00-00", "whole\n");
        gzip("app.log.2024-12-17_10-00-00.gz", "whole\n");
        put("app.log.2024-12-17_11-00-00", "whole too\n");
        put("app.log.2024-12-17_11-00-00.gz", "an incomplete .gz of another program");
        put(".app.log.2024-12-17_08-00-00.gz.part", "half");
        Files.createDirectory(folder.resolve("app.log.2024-12-17_09-00-00"));
        gzip("app.log.2024-12-17_09-00-00.gz", "not the copy of a folder\n");
        put("app.log", "{\"timestamp\":\"2024-12-17T11:30:00.000000Z\"}\n{\"half");
        open();
        log.info("l", "next").write();
        compressAll();

        assertEquals(List.of("app.log", "app.log.2024-12-17_09-00-00", "app.log.2024-12-17_09-00-00.gz",
                "app.log.2024-12-17_10-00-00.gz", "app.log.2024-12-17_11-00-00.gz"), names());
        assertEquals("whole too", new String(Lines.of(folder.resolve("app.log.2024-12-17_11-00-00.gz")).getFirst()));
        List<byte[]> lines = Lines.of(file);
        assertEquals("{\"half", new String(lines.get(1)));
        assertEquals("next", Lines.parse(lines.get(2)).get("message"));
    }

    private void gzip(String name, String content) throws IOException {
        try (var out = new GZIPOutputStream(Files.newOutputStream(folder.resolve(name)))) {
            out.write(content.getBytes());
        }
    }

    @Test
    void reportsAFailedCompressionOnceAndRetriesIt() throws Exception {
        open();
        writeUntilRotated();
        moveClock(compressionDelay);
        // A folder that is not empty has the temporary name.
        Path obstacle = folder.resolve("." + NOON + ".gz.part");
        Files.createDirectories(obstacle.resolve("full"));
        writeUntilRotated();
        moveClock(compressionDelay);
        assertTrue(log.maintainRotatedFiles());
        assertTrue(log.maintainRotatedFiles(), "compresses the other file");
        assertFalse(log.maintainRotatedFiles(), "does not retry immediately");
        log.check();
        assertEquals(1, log.stats().compressionFailures());
        assertEquals(1, printed().lines().count(), printed());

        Files.delete(obstacle.resolve("full"));
        Files.delete(obstacle);
        moveClock(Duration.ofMinutes(1));
        assertTrue(log.maintainRotatedFiles());
        log.check();

        assertEquals(2, log.stats().compressions());
        assertEquals(2, printed().lines().count(), printed());
    }
}
