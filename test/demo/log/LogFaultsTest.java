package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to the disk: callers go on, what is lost is counted and told, and the log recovers by itself. */
class LogFaultsTest {
    @TempDir
    private Path folder;
    private Shelf shelf;

    @BeforeEach
    void shelf() {
        shelf = new Shelf(folder.resolve("logs"));
    }

    private static void write(Log log, String message) {
        log.info("l", message).write();
    }

    @Test
    void aFullDiskLeavesNoHalfLineAndEveryLostLineIsToldOnce() throws Exception {
        try (Log log = shelf.open()) {
            write(log, "before");
            shelf.disk.bytesLeft = 50;
            for (int i = 0; i < 7; i++) {
                write(log, "lost");
            }
            assertEquals(List.of("before"), shelf.messages());
            assertEquals(7L, log.stats().dropped().get(DropReason.NOT_WRITTEN));
            assertEquals(1, shelf.said().lines().count());
            assertTrue(shelf.said().contains("can't be written: No space left on device; requests go on"));

            shelf.disk.bytesLeft = Long.MAX_VALUE;
            write(log, "after");
            log.lookAfter();
            log.lookAfter();

            assertEquals(List.of("before", "after", "lines were lost"), shelf.messages());
            Map<String, Object> report = shelf.lastLine();
            assertEquals("WARN", report.get("level"));
            assertEquals(7L, report.get("lines_lost"));
            assertEquals("2024-12-17T12:00:00Z", report.get("since"));
            assertEquals(7L, log.stats().linesDropped());
            assertTrue(shelf.said().contains("7 lines were lost since 2024-12-17T12:00:00Z"));
        }
    }

    @Test
    void theLossIsToldEvenWhenNothingElseIsLogged() throws Exception {
        try (Log log = shelf.open()) {
            shelf.disk.bytesLeft = 0;
            write(log, "lost");
            log.lookAfter();
            assertEquals(List.of(), shelf.messages());

            shelf.disk.bytesLeft = Long.MAX_VALUE;
            log.lookAfter();

            assertEquals(1L, shelf.lastLine().get("lines_lost"));
        }
    }

    @Test
    void aDiskThatCannotBeOpenedIsTriedAgainWithEveryLine() throws Exception {
        try (Log log = shelf.open()) {
            shelf.disk.bytesLeft = 0;
            shelf.disk.refusesToOpen = true;
            write(log, "lost 1");
            write(log, "lost 2");
            shelf.disk.bytesLeft = Long.MAX_VALUE;
            write(log, "lost 3");
            shelf.disk.refusesToOpen = false;

            write(log, "after");

            assertEquals(List.of("after"), shelf.messages());
            assertEquals(3, log.stats().linesDropped());
        }
    }

    @Test
    void aFolderThatIsRemovedComesBackWithTheLinesSince() throws Exception {
        try (Log log = shelf.open()) {
            write(log, "before");
            log.lookAfter();
            removeFolder();
            write(log, "meanwhile 1");
            write(log, "meanwhile 2");

            log.lookAfter();
            write(log, "after");
            log.lookAfter();

            assertEquals(List.of("meanwhile 1", "meanwhile 2", "lines were lost", "after"), shelf.messages());
            assertEquals(List.of(1L), shelf.fields("lines_lost"));
            assertEquals(1L, log.stats().dropped().get(DropReason.REMOVED), "the line that went with the folder");
            assertTrue(shelf.said().contains("was deleted by someone else"), shelf.said());
        }
    }

    private void removeFolder() throws IOException {
        for (String name : Lines.names(shelf.folder)) {
            Files.delete(shelf.folder.resolve(name));
        }
        Files.delete(shelf.folder);
    }

    @Test
    void aFileThatIsRenamedIsLeftAndANewOneBegun() throws Exception {
        try (Log log = shelf.open()) {
            write(log, "before");
            Files.move(shelf.file, shelf.folder.resolve("app.log.old"));
            write(log, "meanwhile");

            log.lookAfter();
            write(log, "after");

            assertEquals(List.of("after"), shelf.messages());
            assertEquals(2, Lines.of(shelf.folder.resolve("app.log.old")).size());
            assertEquals(0, log.stats().linesDropped());
            assertTrue(shelf.said().contains("was renamed by someone else"), shelf.said());
        }
    }

    @Test
    void aFileThatIsTruncatedGoesOnWithoutAHoleAndTheLossIsCounted() throws Exception {
        try (Log log = shelf.open()) {
            write(log, "gone 1");
            write(log, "gone 2");
            Files.write(shelf.file, new byte[0]);
            write(log, "after");

            log.lookAfter();

            assertEquals(List.of("after", "lines were lost"), shelf.messages());
            assertEquals(2L, log.stats().dropped().get(DropReason.REMOVED));
            assertEquals(Files.size(shelf.file), log.stats().currentFileBytes());
        }
    }

    @Test
    void aLineThatSomeoneElseAppendsIsKept() throws Exception {
        try (Log log = shelf.open()) {
            write(log, "ours");
            Files.write(shelf.file, "{\"message\":\"theirs\"}".getBytes(StandardCharsets.UTF_8),
                    java.nio.file.StandardOpenOption.APPEND);
            log.lookAfter();

            write(log, "ours again");

            assertEquals(List.of("ours", "theirs", "ours again"), shelf.messages());
        }
    }

    @Test
    void anInterruptedCallerWritesItsLineAndStaysInterrupted() throws Exception {
        try (Log log = shelf.open()) {
            Thread.currentThread().interrupt();
            write(log, "interrupted");
            shelf.disk.bytesLeft = 10;
            write(log, "lost");
            shelf.disk.bytesLeft = Long.MAX_VALUE;
            write(log, "after");

            assertTrue(Thread.interrupted());
            assertEquals(List.of("interrupted", "after"), shelf.messages());
        }
    }

    @Test
    void aSmallDiskThatIsReallyFullRecovers() throws Exception {
        Path small = Path.of("/dev/full");
        org.junit.jupiter.api.Assumptions.assumeTrue(Files.exists(small), "no /dev/full on this system");
        Path link = folder.resolve("full.log");
        Files.createSymbolicLink(link, small);
        var settings = new LogSettings(link, Level.INFO, "api", 10_000_000, java.time.Duration.ofHours(24),
                java.time.Duration.ofDays(7), Long.MAX_VALUE, java.time.Duration.ofMinutes(15));
        try (Log log = Log.openWithoutBackground(settings, CurrentSpan.NONE, shelf.clock, Console.silent(),
                new RealDisk())) {
            write(log, "lost 1");
            write(log, "lost 2");
            Files.delete(link);

            write(log, "after");

            assertEquals(2, log.stats().linesDropped());
            assertEquals("after", Lines.parse(Lines.of(link).getFirst()).get("message"));
            assertNull(Lines.parse(Lines.of(link).getFirst()).get("lines_lost"));
        }
    }
}
