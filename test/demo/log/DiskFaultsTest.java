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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A full disk, a deleted folder, and other processes that change the file. */
class DiskFaultsTest extends LogFixture {
    @TempDir
    private Path elsewhere;

    @BeforeEach
    void openLog() throws IOException {
        rotationBytes = 2_000;
        open();
    }

    private void assertReported(String change, int lines) {
        log.check();
        assertEquals("12:00:00 WARN " + file + " was " + change + " by another process; it had " + lines
                + " lines of this process\n", printed());
    }

    @Test
    void dropsAndCountsLinesWhileTheDiskIsFullAndReportsThemAfterwards() throws Exception {
        write("before");
        disk.bytesLeft = 50;
        for (int i = 0; i < 7; i++) {
            write("dropped");
        }
        log.check();
        assertEquals(List.of("before"), messages(), "also no half line");
        assertEquals(7L, log.stats().dropped().get(DropReason.NOT_WRITTEN));

        disk.bytesLeft = Long.MAX_VALUE;
        log.check();
        log.check();
        write("after");

        assertEquals(List.of("before", "log lines were dropped", "after"), messages());
        Map<String, Object> report = Lines.ofLog(file).get(1);
        assertEquals("WARN", report.get("level"));
        assertEquals(7L, report.get("lines_dropped"));
        assertEquals("No space left on device", report.get("reason"));
        assertEquals("2024-12-17T12:00:00Z", report.get("since"));
        assertEquals(7L, log.stats().linesDropped());
        assertEquals(3L, log.stats().linesWritten());
        assertEquals("12:00:00 WARN cannot write " + file + ": No space left on device; requests continue,"
                + " dropped lines are counted\n12:00:00 can write " + file + " again\n", printed());
    }

    @Test
    void opensTheFileAgainForEachLineUntilThatSucceeds() throws Exception {
        disk.bytesLeft = 0;
        disk.failsToOpen = true;
        write("dropped 1", "dropped 2");
        disk.bytesLeft = Long.MAX_VALUE;
        write("dropped 3");
        disk.failsToOpen = false;
        write("after");

        assertEquals(List.of("after"), messages());
        assertEquals(3, log.stats().linesDropped());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void continuesInANewFileWhenTheFileWasRenamedOrItsFolderDeleted(boolean deleted) throws Exception {
        write("lost 1", "lost 2");
        Files.move(file, elsewhere.resolve("old"));
        if (deleted) {
            Files.delete(folder.resolve(".app.log.lock"));
            Files.delete(folder);
        }
        write("lost 3");
        assertReported("renamed or deleted", 3);
        write("after");

        assertEquals(List.of("after"), messages());
        assertEquals(3, Lines.of(elsewhere.resolve("old")).size());
        assertTrue(Files.exists(folder.resolve(".app.log.lock")), "locks again");
    }

    @Test
    void doesNotRenameAFolderThatReplacedTheLog() throws Exception {
        write("before");
        Files.move(file, folder.resolve("app.log.old"));
        Files.createDirectory(file);
        for (int i = 0; i < 20; i++) {
            write("meanwhile");
        }

        assertTrue(Files.isDirectory(file));
        assertEquals(0, log.stats().rotations());
        assertEquals(21, log.stats().linesWritten() + log.stats().linesDropped());
    }

    @Test
    void leavesNoHoleAfterATruncationAndCountsLinesAgain() throws Exception {
        write("lost 1", "lost 2");
        Files.write(file, new byte[0]);
        write("after");
        assertReported("truncated", 3);
        write("later");

        assertEquals(List.of("after", "later"), messages());
        assertEquals(Files.size(file), log.stats().currentFileBytes());

        for (int lines = 1; lines <= 2; lines++) {
            Files.write(file, new byte[0]);
            log.check();
            write("once");
        }
        assertTrue(printed().endsWith("it had 1 lines of this process\n"), printed());
    }

    @Test
    void keepsALineThatAnotherProcessAppends() throws Exception {
        write("ours");
        Files.writeString(file, "{\"message\":\"theirs\"}", StandardOpenOption.APPEND);
        assertReported("extended", 1);
        write("ours again");

        assertEquals(List.of("ours", "theirs", "ours again"), messages());
    }

    @Test
    void doesNotExceedTheSizeAfterAnotherProcessExtendedTheFile() throws Exception {
        write("ours");
        Files.writeString(file, "{\"message\":\"" + "x".repeat(1_850) + "\"}\n", StandardOpenOption.APPEND);
        log.check();
        write("next file");

        assertEquals(1, log.stats().rotations());
    }

    @Test
    void anInterruptedThreadWritesItsLineAndStaysInterrupted() throws Exception {
        Thread.currentThread().interrupt();
        write("interrupted");
        disk.bytesLeft = 10;
        write("dropped");
        disk.bytesLeft = Long.MAX_VALUE;
        write("after");

        assertTrue(Thread.interrupted());
        assertEquals(List.of("interrupted", "after"), messages());
    }

    @Test
    void aStackOverflowDuringAWriteCountsTheLineAndKeepsTheLogUsable() throws Exception {
        try {
            recurse(1);
        } catch (StackOverflowError e) {
            write("after");
        }
        assertEquals("after", lastLine().get("message"));
        assertEquals(messages().size(), log.stats().linesWritten());
    }

    private void recurse(int depth) {
        if (depth % 500 == 0) {
            log.info("l", "deep").write();
        }
        recurse(depth + 1);
    }
}
