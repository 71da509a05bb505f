package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A full disk, a deleted folder, and other processes that change the file. */
class DiskFaultsTest {
    @TempDir
    private Path parent;
    private LogFixture fixture;
    private Log log;

    @BeforeEach
    void open() throws IOException {
        fixture = new LogFixture(Files.createDirectory(parent.resolve("logs")));
        fixture.rotationBytes = 2_000;
        log = fixture.open();
    }

    @AfterEach
    void close() {
        log.close();
    }

    private void write(String... messages) {
        for (String message : messages) {
            LogFixture.write(log, message);
        }
    }

    private void assertReported(String change, int lines) {
        log.check();
        assertEquals("12:00:00 WARN " + fixture.file + " was " + change + " by another process; it had " + lines
                + " lines of this process\n", fixture.printed());
    }

    @Test
    void dropsAndCountsLinesWhileTheDiskIsFullAndReportsThemAfterwards() throws Exception {
        write("before");
        fixture.disk.bytesLeft = 50;
        for (int i = 0; i < 7; i++) {
            write("dropped");
        }
        log.check();
        assertEquals(List.of("before"), fixture.messages(), "also no half line");
        assertEquals(7L, log.stats().dropped().get(DropReason.NOT_WRITTEN));

        fixture.disk.bytesLeft = Long.MAX_VALUE;
        log.check();
        log.check();
        write("after");

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

    @Test
    void opensTheFileAgainForEachLineUntilThatSucceeds() throws Exception {
        fixture.disk.bytesLeft = 0;
        fixture.disk.failsToOpen = true;
        write("dropped 1", "dropped 2");
        fixture.disk.bytesLeft = Long.MAX_VALUE;
        write("dropped 3");
        fixture.disk.failsToOpen = false;
        write("after");

        assertEquals(List.of("after"), fixture.messages());
        assertEquals(3, log.stats().linesDropped());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void continuesInANewFileWhenTheFileWasRenamedOrItsFolderDeleted(boolean deleted) throws Exception {
        write("lost 1", "lost 2");
        Files.move(fixture.file, parent.resolve("app.log.old"));
        if (deleted) {
            Files.delete(fixture.folder.resolve(".app.log.lock"));
            Files.delete(fixture.folder);
        }
        write("lost 3");
        assertReported("renamed or deleted", 3);
        write("after");

        assertEquals(List.of("after"), fixture.messages());
        assertEquals(3, Lines.of(parent.resolve("app.log.old")).size());
    }

    @Test
    void doesNotRenameAFolderThatReplacedTheLog() throws Exception {
        write("before");
        Files.move(fixture.file, fixture.folder.resolve("app.log.old"));
        Files.createDirectory(fixture.file);
        for (int i = 0; i < 20; i++) {
            write("meanwhile");
        }

        assertTrue(Files.isDirectory(fixture.file));
        assertEquals(0, log.stats().rotations());
        assertEquals(21, log.stats().linesWritten() + log.stats().linesDropped());
    }

    @Test
    void leavesNoHoleAfterATruncationAndCountsLinesAgain() throws Exception {
        write("lost 1", "lost 2");
        Files.write(fixture.file, new byte[0]);
        write("after");
        assertReported("truncated", 3);
        write("later");

        assertEquals(List.of("after", "later"), fixture.messages());
        assertEquals(Files.size(fixture.file), log.stats().currentFileBytes());

        for (int lines = 1; lines <= 2; lines++) {
            Files.write(fixture.file, new byte[0]);
            log.check();
            write("once");
        }
        assertTrue(fixture.printed().endsWith("it had 1 lines of this process\n"), fixture.printed());
    }

    @Test
    void keepsALineThatAnotherProcessAppends() throws Exception {
        write("ours");
        Files.writeString(fixture.file, "{\"message\":\"theirs\"}", StandardOpenOption.APPEND);
        assertReported("extended", 1);
        write("ours again");

        assertEquals(List.of("ours", "theirs", "ours again"), fixture.messages());
    }

    @Test
    void doesNotExceedTheSizeAfterAnotherProcessExtendedTheFile() throws Exception {
        write("ours");
        Files.writeString(fixture.file, "{\"message\":\"" + "x".repeat(1_850) + "\"}\n", StandardOpenOption.APPEND);
        log.check();
        write("next file");

        assertEquals(1, log.stats().rotations());
    }

    @Test
    void anInterruptedThreadWritesItsLineAndStaysInterrupted() throws Exception {
        Thread.currentThread().interrupt();
        write("interrupted");
        fixture.disk.bytesLeft = 10;
        write("dropped");
        fixture.disk.bytesLeft = Long.MAX_VALUE;
        write("after");

        assertTrue(Thread.interrupted());
        assertEquals(List.of("interrupted", "after"), fixture.messages());
    }

    @Test
    void aStackOverflowDuringAWriteCountsTheLineAndKeepsTheLogUsable() throws Exception {
        try {
            recurse(1);
        } catch (StackOverflowError e) {
            write("after");
        }
        assertEquals("after", fixture.lastLine().get("message"));
        assertEquals(fixture.messages().size(), log.stats().linesWritten());
    }

    private void recurse(int depth) {
        if (depth % 500 == 0) {
            log.info("l", "deep").write();
        }
        recurse(depth + 1);
    }
}
