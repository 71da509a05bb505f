package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFollowerTest {
    @TempDir
    private Path folder;

    private Path log;
    private LogStore store;
    private LogFollower follower;
    private int rotations;

    @BeforeEach
    void follow() {
        log = folder.resolve("app.log");
        store = new LogStore();
        follower = new LogFollower(log, store);
    }

    private void write(String text) throws IOException {
        Files.writeString(log, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private Path rotate() throws IOException {
        int count = rotations++;
        return Files.move(log, folder.resolve("app.log.2024-12-17_12-00-00" + (count == 0 ? "" : "." + count)));
    }

    /** The numbers in the stored lines, oldest first. */
    private List<String> lines() throws Exception {
        byte[] found = store.find(List.of(), 0, 1L << 37, Integer.MAX_VALUE);
        return new String(found, StandardCharsets.UTF_8).lines().toList().reversed().stream()
                .map(line -> line.replaceAll("\\{\"n\":|}", "")).toList();
    }

    @Test
    void readsExistingAndAppendedLines() throws Exception {
        write("{\"n\":1}\n");
        follower.poll();
        write("{\"n\":2}\n{\"n\":3}\n");
        follower.poll();
        follower.poll();

        assertEquals(List.of("1", "2", "3"), lines());
    }

    @Test
    void waitsForTheEndOfAHalfLine() throws Exception {
        write("{\"n\":1}\n{\"n\"");
        follower.poll();
        write(":2}\n");
        follower.poll();

        assertEquals(List.of("1", "2"), lines());
    }

    @Test
    void waitsForTheFileAndItsFolder() throws Exception {
        follower = new LogFollower(folder.resolve("later/app.log"), store);
        follower.poll();
        Files.createDirectory(folder.resolve("later"));
        follower.poll();
        Files.writeString(folder.resolve("later/app.log"), "{\"n\":1}\n");
        follower.poll();

        assertEquals(List.of("1"), lines());
        assertEquals("", follower.status().problem());
    }

    @Test
    void finishesARotatedFileBeforeTheNext() throws Exception {
        write("{\"n\":1}\n");
        follower.poll();
        write("{\"n\":2}\n");
        rotate();
        write("{\"n\":3}\n");
        follower.poll();
        rotate();
        write("{\"n\":4}\n");
        follower.poll();
        follower.poll();

        assertEquals(List.of("1", "2", "3", "4"), lines());
    }

    @Test
    void finishesARotatedFileThatIsAlreadyGone() throws Exception {
        write("{\"n\":1}\n");
        follower.poll();
        write("{\"n\":2}\n");
        Files.delete(rotate());
        write("{\"n\":3}\n");
        follower.poll();

        assertEquals(List.of("1", "2", "3"), lines());
    }

    @Test
    void ignoresOlderFilesAndArchives() throws Exception {
        write("{\"n\":1}\n");
        rotate();
        Files.writeString(folder.resolve("app.log.2024-12-17_11-00-00.gz"), "{\"n\":0}\n");
        write("{\"n\":2}\n");
        follower.poll();
        Files.writeString(folder.resolve("app.log.2024-12-17_13-00-00.gz"), "{\"n\":0}\n");
        follower.poll();

        assertEquals(List.of("2"), lines());
    }

    @Test
    void startsAgainWhenTheFileWasTruncated() throws Exception {
        write("{\"n\":1}\n{\"n\":2}\n");
        follower.poll();
        Files.writeString(log, "{\"n\":3}\n");
        follower.poll();

        assertEquals(List.of("1", "2", "3"), lines());
    }

    @Test
    void dropsALineThatIsTooLong() throws Exception {
        write("{\"n\":1}\n" + "x".repeat(LogFollower.MAX_LINE * 2));
        follower.poll();
        write("x\n{\"n\":2}\n");
        follower.poll();

        assertEquals(List.of("1", "2"), lines());
    }

    @Test
    void keepsTheHalfLineOfAWriterThatDied() throws Exception {
        write("{\"n\":1}\nhalf");
        follower.poll();
        rotate();
        write("{\"n\":2}\n");
        follower.poll();

        assertEquals(List.of("1", "half", "2"), lines());
    }

    @Test
    void readsEachLineOnceWhileAnotherThreadWritesAndRotates() throws Exception {
        int count = 20_000;
        var polls = new AtomicInteger();
        write("{\"n\":0}\n");
        follower.poll();
        Thread writer = Thread.ofPlatform().start(() -> {
            try {
                int pollsAtStart = 0; // of the current file
                for (int i = 1; i < count; i++) {
                    write("{\"n\":" + i + "}\n");
                    if (i % 100 == 1) {
                        pollsAtStart = polls.get();
                    } else if (i % 100 == 0 && polls.get() - pollsAtStart >= 2) { // one whole poll
                        rotate();
                    }
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        while (writer.isAlive()) {
            follower.poll();
            polls.incrementAndGet();
        }
        follower.poll();

        List<String> lines = lines();
        assertEquals(count, lines.size());
        assertEquals(-1, IntStream.range(0, count).filter(i -> !lines.get(i).equals("" + i)).findFirst().orElse(-1),
                "first line out of place");
    }
}
