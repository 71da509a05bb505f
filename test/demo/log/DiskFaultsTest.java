package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A full disk, a deleted folder, and other processes that change the file. */
class DiskFaultsTest {
    @TempDir
    private Path parent;
    private LogFixture fixture;

    @BeforeEach
    void fixture() throws IOException {
        fixture = new LogFixture(Files.createDirectory(parent.resolve("logs")));
        fixture.rotationBytes = 1_000_000;
    }

    private static void write(Log log, String... messages) {
        for (String message : messages) {
            LogFixture.write(log, message);
        }
    }

    @Test
    void dropsAndCountsLinesWhileTheDiskIsFullAndReportsThemAfterwards() throws Exception {
        try (Log log = fixture.open()) {
            write(log, "before");
            fixture.disk.bytesLeft = 50;
            for (int i = 0; i < 7; i++) {
                write(log, "dropped");
            }
            log.check();
            assertEquals(List.of("before"), fixture.messages(), "also no half line");
            assertEquals(7L, log.stats().dropped().get(DropReason.NOT_WRITTEN));

            fixture.disk.bytesLeft = Long.MAX_VALUE;
            log.check();
            log.check();
            write(log, "after");

            assertEquals(List.of("before", "log lines were dropped", "after"), fixture.messages());
            Map<String, Object> report = Lines.ofLog(fixture.file).get(1);
            assertEquals("WARN", report.get("level"));
            assertEquals(7L, report.get("lines_dropped"));
            assertEquals("No space left on device", report.get("reason"));
            assertEquals("2024-12-17T12:00:00Z", report.get("since"));
            assertEquals(7L, log.stats().linesDropped());
            assertEquals(3L, log.stats().linesWritten());
            assertEquals("12:00:00 WARN cannot write " + fixture.file + ": No space left on device; requests continue,"
                    + " dropped lines are counted\n12:00:00 can write " + fixture.file + " again\n", fixture.printed());
        }
    }

    @Test
    void opensTheFileAgainForEachLineUntilThatSucceeds() throws Exception {
        try (Log log = fixture.open()) {
            fixture.disk.bytesLeft = 0;
            fixture.disk.failsToOpen = true;
            write(log, "dropped 1", "dropped 2");
            fixture.disk.bytesLeft = Long.MAX_VALUE;
            write(log, "dropped 3");
            fixture.disk.failsToOpen = false;
            write(log, "after");

            assertEquals(List.of("after"), fixture.messages());
            assertEquals(3, log.stats().linesDropped());
        }
    }

    @Test
    void createsAFolderThatWasDeletedAndCountsItsLines() throws Exception {
        try (Log log = fixture.open()) {
            write(log, "dropped 1", "dropped 2");
            for (String name : Lines.names(fixture.folder)) {
                Files.delete(fixture.folder.resolve(name));
            }
            Files.delete(fixture.folder);
            write(log, "dropped 3");
            log.check();
            write(log, "after");

            assertEquals(List.of("log lines were dropped", "after"), fixture.messages());
            assertEquals(3L, log.stats().dropped().get(DropReason.REMOVED));
            assertTrue(Files.exists(fixture.folder.resolve(".app.log.lock")), "the lock is acquired again");
            log.check();
            assertTrue(fixture.printed().contains("was deleted by another process"), fixture.printed());
        }
    }

    @Test
    void continuesInANewFileWhenTheFileWasRenamed() throws Exception {
        try (Log log = fixture.open()) {
            write(log, "before");
            Files.move(fixture.file, fixture.folder.resolve("app.log.old"));
            write(log, "meanwhile");
            log.check();
            write(log, "after");

            assertEquals(List.of("after"), fixture.messages());
            assertEquals(2, Lines.of(fixture.folder.resolve("app.log.old")).size());
            assertEquals(0, log.stats().linesDropped());
            assertTrue(fixture.printed().contains("was renamed by another process"), fixture.printed());
        }
    }

    @Test
    void doesNotRenameAFileThatReplacedTheLog() throws Exception {
        fixture.rotationBytes = 1_000;
        try (Log log = fixture.open()) {
            write(log, "before");
            Files.move(fixture.file, fixture.folder.resolve("app.log.old"));
            Files.createDirectory(fixture.file);
            for (int i = 0; i < 10; i++) {
                write(log, "meanwhile");
            }

            assertTrue(Files.isDirectory(fixture.file));
            assertEquals(0, log.stats().rotations());
            assertEquals(11, log.stats().linesWritten() + log.stats().linesDropped());
        }
    }

    @Test
    void countsTheLinesThatATruncationRemovedAndLeavesNoHole() throws Exception {
        try (Log log = fixture.open()) {
            write(log, "dropped 1", "dropped 2");
            Files.write(fixture.file, new byte[0]);
            write(log, "after");
            log.check();

            assertEquals(List.of("after", "log lines were dropped"), fixture.messages());
            assertEquals(2L, log.stats().dropped().get(DropReason.REMOVED));
            assertEquals(Files.size(fixture.file), log.stats().currentFileBytes());
        }
    }

    @Test
    void keepsALineThatAnotherProcessAppends() throws Exception {
        try (Log log = fixture.open()) {
            write(log, "ours");
            Files.writeString(fixture.file, "{\"message\":\"theirs\"}", StandardOpenOption.APPEND);
            log.check();
            write(log, "ours again");

            assertEquals(List.of("ours", "theirs", "ours again"), fixture.messages());
        }
    }

    @Test
    void anInterruptedThreadWritesItsLineAndStaysInterrupted() throws Exception {
        try (Log log = fixture.open()) {
            Thread.currentThread().interrupt();
            write(log, "interrupted");
            fixture.disk.bytesLeft = 10;
            write(log, "dropped");
            fixture.disk.bytesLeft = Long.MAX_VALUE;
            Files.delete(fixture.folder.resolve(".app.log.lock"));
            write(log, "after");

            assertTrue(Thread.interrupted());
            assertEquals(List.of("interrupted", "after"), fixture.messages());
        }
    }

    @Test
    void aStackOverflowDuringAWriteCountsTheLineAndKeepsTheLogUsable() throws Exception {
        try (Log log = fixture.open()) {
            long[] depth = {0};
            try {
                recurse(log, depth);
            } catch (StackOverflowError e) {
                write(log, "after");
            }
            assertEquals("after", fixture.lastLine().get("message"));
            assertEquals(fixture.messages().size(), log.stats().linesWritten());
        }
    }

    private static void recurse(Log log, long[] depth) {
        if (depth[0]++ % 500 == 0) {
            log.info("l", "deep").write();
        }
        recurse(log, depth);
    }
}
