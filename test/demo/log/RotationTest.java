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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a file is rotated, compressed and deleted. */
class RotationTest {
    private static final String NOON = "app.log.2024-12-17_12-00-00";

    @TempDir
    private Path folder;
    private LogFixture fixture;

    @BeforeEach
    void fixture() {
        fixture = new LogFixture(folder);
    }

    private static void write(Log log, int from, int to) {
        IntStream.range(from, to).forEach(n -> LogFixture.write(log, "line " + n));
    }

    private static List<String> lines(int from, int to) {
        return IntStream.range(from, to).mapToObj(n -> "line " + n).toList();
    }

    @Test
    void rotatesBeforeTheLineThatExceedsTheSize() throws Exception {
        try (Log log = fixture.open()) {
            LogFixture.write(log, "");
            int bytes = (int) Files.size(fixture.file);
            LogFixture.write(log, "x".repeat((int) fixture.rotationBytes - 2 * bytes));
            assertEquals(fixture.rotationBytes, Files.size(fixture.file));
            assertEquals(List.of("app.log"), fixture.names());

            LogFixture.write(log, "x".repeat(5_000)); // longer than a file: gets a file of its own
            LogFixture.write(log, "next");

            assertEquals(List.of("app.log", NOON, NOON + ".1"), fixture.names());
            assertEquals(fixture.rotationBytes, Files.size(folder.resolve(NOON)));
            assertEquals(1, Lines.of(folder.resolve(NOON + ".1")).size());
            assertEquals(2, log.stats().rotations());
            assertEquals(Files.size(fixture.file), log.stats().currentFileBytes());
        }
    }

    @Test
    void skipsNamesInUse() throws Exception {
        Files.createDirectory(folder.resolve(NOON + ".1"));
        try (Log log = fixture.open()) {
            for (int i = 0; i < 3; i++) {
                LogFixture.writeUntilRotated(log);
            }
        }

        assertEquals(List.of("app.log", NOON, NOON + ".1", NOON + ".2", NOON + ".3"), fixture.names());
    }

    @Test
    void rotatesByAgeAlsoWhenNothingIsWritten() throws Exception {
        try (Log log = fixture.open()) {
            write(log, 0, 1);
        }
        fixture.moveClock(Duration.ofHours(24).minusSeconds(1));
        try (Log log = fixture.open()) { // the age is read from the file
            write(log, 1, 2);
            log.check();
            assertEquals(0, log.stats().rotations());

            fixture.moveClock(Duration.ofSeconds(1));
            log.check();
            assertEquals(1, log.stats().rotations());

            fixture.moveClock(Duration.ofDays(2));
            log.check();
            assertEquals(1, log.stats().rotations(), "an empty file is not rotated");
        }
    }

    @Test
    void aClockThatIsSetBackNeitherRotatesNorOverwrites() throws Exception {
        try (Log log = fixture.open()) {
            write(log, 0, 10);
            fixture.moveClock(Duration.ofHours(-2));
            log.check();
            write(log, 10, 20);
            fixture.moveClock(Duration.ofDays(-400));
            log.check();
            fixture.moveClock(Duration.ofDays(400).plusHours(2));
            write(log, 20, 30);

            assertEquals(lines(0, 30), fixture.messages());
        }
    }

    @Test
    void continuesInTheSameFileWhenTheRotationFails() throws Exception {
        try (Log log = fixture.open()) {
            fixture.disk.failsToOpen = true;
            write(log, 0, 15);
            fixture.disk.failsToOpen = false;
            fixture.disk.failsToRename = true;
            write(log, 15, 30);
            assertEquals(List.of("app.log"), fixture.names());
            assertTrue(log.stats().rotationFailures() > 1);
            assertTrue(log.stats().rotationFailures() < 30, "does not retry with every line");

            fixture.disk.failsToRename = false;
            write(log, 30, 40);
            log.check();

            assertEquals(lines(0, 40), fixture.messages());
            assertEquals(0, log.stats().linesDropped());
            assertEquals("12:00:00 WARN cannot rotate " + fixture.file + ": Read-only file system; the file grows"
                    + " beyond its limit\n12:00:00 can rotate " + fixture.file + " again\n", fixture.printed());
        }
    }

    @Test
    void compressesAFileAfterItsDelay() throws Exception {
        try (Log log = fixture.open()) {
            LogFixture.writeUntilRotated(log);
            byte[] plain = Files.readAllBytes(folder.resolve(NOON));
            fixture.moveClock(fixture.compressionDelay.minusSeconds(1));
            assertFalse(log.maintainRotatedFiles());

            fixture.moveClock(Duration.ofSeconds(1));
            assertTrue(log.maintainRotatedFiles());
            assertFalse(log.maintainRotatedFiles());

            assertEquals(List.of("app.log", NOON + ".gz"), fixture.names());
            try (var gzip = new GZIPInputStream(Files.newInputStream(folder.resolve(NOON + ".gz")))) {
                assertArrayEquals(plain, gzip.readAllBytes());
            }
            assertEquals(1, log.stats().compressions());
            assertEquals(1, log.stats().rotatedFiles());

            LogFixture.writeUntilRotated(log);
            Files.delete(fixture.file.resolveSibling(fixture.names().getLast())); // by another process
            fixture.moveClock(fixture.compressionDelay);
            log.maintainRotatedFiles();
            assertEquals(1, log.stats().rotatedFiles());
            assertEquals(0, log.stats().compressionFailures());
        }
    }

    @Test
    void deletesFilesOlderThanTheRetentionButNotTheNewest() throws Exception {
        fixture.put("app.log.2024-12-02_00-00-00.bak", "of another program");
        fixture.put("app.log.2024-12-02_00-00-00", "");
        fixture.put("app.log.2024-12-10_11-59-59.gz", "");
        fixture.put("app.log.2024-12-10_12-00-00.gz", "");
        fixture.put("app.log.2024-12-16_00-00-00.gz", "");
        try (Log log = fixture.open()) {
            log.maintainRotatedFiles();
            assertEquals(List.of("app.log", "app.log.2024-12-02_00-00-00.bak", "app.log.2024-12-10_12-00-00.gz",
                    "app.log.2024-12-16_00-00-00.gz"), fixture.names(), "exactly seven days old: kept");

            fixture.moveClock(Duration.ofDays(30));
            log.maintainRotatedFiles();
            assertEquals(List.of("app.log", "app.log.2024-12-02_00-00-00.bak", "app.log.2024-12-16_00-00-00.gz"),
                    fixture.names(), "the newest is kept");

            LogFixture.writeUntilRotated(log);
            log.maintainRotatedFiles();
            assertFalse(fixture.names().contains("app.log.2024-12-16_00-00-00.gz"), "no longer the newest");
            assertEquals(4, log.stats().deletedByRetention());
        }
    }

    @Test
    void deletesTheOldestFilesAboveTheRetentionSizeCompressedOrNot() throws Exception {
        fixture.retentionBytes = 2_000;
        String[] names = {"app.log.2024-12-17_08-00-00.gz", "app.log.2024-12-17_09-00-00",
                "app.log.2024-12-17_10-00-00.gz", "app.log.2024-12-17_11-00-00"};
        for (String name : names) {
            fixture.put(name, "x".repeat(name.equals(names[3]) ? 1_200 : 800));
        }
        fixture.put("app.log", "x\n".repeat(5_000));
        fixture.compressionDelay = Duration.ofDays(1);
        try (Log log = fixture.open()) {
            log.maintainRotatedFiles();
            assertEquals(List.of("app.log", names[2], names[3]), fixture.names(),
                    "exactly the retention size: kept; the current file does not count");

            fixture.put(names[3], "x".repeat(100_000));
        }
        try (Log log = fixture.open()) {
            log.maintainRotatedFiles();
            assertEquals(List.of("app.log", names[3]), fixture.names(), "the newest is kept");
        }
    }

    @Test
    void finishesTheFilesOfAKilledProcess() throws Exception {
        fixture.put("app.log.2024-12-17_10-00-00", "whole\n");
        gzip("app.log.2024-12-17_10-00-00.gz", "whole\n");
        fixture.put("app.log.2024-12-17_11-00-00", "whole too\n");
        fixture.put("app.log.2024-12-17_11-00-00.gz", "an incomplete .gz of another program");
        fixture.put(".app.log.2024-12-17_11-00-00.gz.part", "half");
        Files.createDirectory(folder.resolve("app.log.2024-12-17_09-00-00"));
        gzip("app.log.2024-12-17_09-00-00.gz", "not the copy of a folder\n");
        fixture.put("app.log", "{\"timestamp\":\"2024-12-17T11:30:00.000000Z\"}\n{\"half");
        try (Log log = fixture.open()) {
            log.info("l", "next").write();
            fixture.compressAll(log);
        }

        assertEquals(List.of("app.log", "app.log.2024-12-17_09-00-00", "app.log.2024-12-17_09-00-00.gz",
                "app.log.2024-12-17_10-00-00.gz", "app.log.2024-12-17_11-00-00.gz"), fixture.names());
        assertEquals("whole too", new String(Lines.of(folder.resolve("app.log.2024-12-17_11-00-00.gz")).getFirst()));
        List<byte[]> lines = Lines.of(fixture.file);
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
        try (Log log = fixture.open()) {
            LogFixture.writeUntilRotated(log);
            fixture.moveClock(fixture.compressionDelay);
            // A folder that is not empty has the temporary name.
            Path obstacle = folder.resolve("." + NOON + ".gz.part");
            Files.createDirectories(obstacle.resolve("full"));
            LogFixture.writeUntilRotated(log);
            fixture.moveClock(fixture.compressionDelay);
            assertTrue(log.maintainRotatedFiles());
            assertTrue(log.maintainRotatedFiles(), "compresses the other file");
            assertFalse(log.maintainRotatedFiles(), "does not retry immediately");
            log.check();
            assertEquals(1, log.stats().compressionFailures());
            assertEquals(1, fixture.printed().lines().count(), fixture.printed());

            Files.delete(obstacle.resolve("full"));
            Files.delete(obstacle);
            fixture.moveClock(Duration.ofMinutes(1));
            assertTrue(log.maintainRotatedFiles());
            log.check();

            assertEquals(2, log.stats().compressions());
            assertEquals(2, fixture.printed().lines().count(), fixture.printed());
        }
    }
}
