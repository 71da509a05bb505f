package demo.tools.pocket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the log file, across its rotations, to the lines that a query finds. */
class LogsTest {
    private static final long LATER = 1L << 37;

    @TempDir
    private Path folder;

    private final LogStore store = new LogStore();
    private Path log;
    private LogFollower follower;
    private int rotations;

    @BeforeEach
    void follow() {
        log = folder.resolve("app.log");
        follower = new LogFollower(log, store);
    }

    private void write(String text) throws IOException {
        Files.writeString(log, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private Path rotate() throws IOException {
        return Files.move(log, folder.resolve("app.log.2024-12-17_12-00-00." + ++rotations));
    }

    private void add(String... lines) {
        for (String line : lines) {
            store.add(new String(line.getBytes(UTF_8), ISO_8859_1));
        }
    }

    private List<String> find(long from, long to, int limit, String... texts) throws Exception {
        return new String(store.find(List.of(texts), from, to, limit), UTF_8).lines().toList();
    }

    /** All stored lines, oldest first. */
    private List<String> lines() throws Exception {
        return find(0, LATER, Integer.MAX_VALUE).reversed();
    }

    @Test
    void waitsForTheFileAndForTheEndOfAHalfLine() throws Exception {
        follower.poll();
        assertEquals("no such file yet", follower.problem());
        write("1\n2\nhal");
        follower.poll();
        assertEquals(List.of("1", "2"), lines());
        write("f\n");
        follower.poll();
        follower.poll();

        assertEquals(List.of("1", "2", "half"), lines());
        assertEquals("", follower.problem());
    }

    @Test
    void finishesARotatedFileBeforeTheNextAndIgnoresOthers() throws Exception {
        write("0\n");
        rotate();
        write("1\n");
        follower.poll();
        write("2\n");
        rotate();
        write("3\n");
        follower.poll();
        write("4\n");
        Files.delete(rotate());
        write("5\nhalf");
        follower.poll();
        rotate(); // the writer was killed
        write("6\n");
        follower.poll();

        assertEquals(List.of("1", "2", "3", "4", "5", "half", "6"), lines());
    }

    @Test
    void startsAgainWhenTheFileWasTruncatedAndDropsALineThatIsTooLong() throws Exception {
        write("1\n2\n");
        follower.poll();
        Files.writeString(log, "3\n");
        follower.poll();
        write("x".repeat(LogFollower.MAX_LINE * 2));
        follower.poll();
        write("x\n4\n");
        follower.poll();

        assertEquals(List.of("1", "2", "3", "4"), lines());
    }

    @Test
    void readsEachLineOnceWhileAnotherThreadWritesAndRotates() throws Exception {
        int count = 20_000;
        var polls = new AtomicInteger();
        write("0\n");
        follower.poll();
        var writer = CompletableFuture.supplyAsync(() -> {
            try {
                int pollsAtStart = 0; // of the current file
                for (int i = 1; i < count; i++) {
                    write(i + "\n");
                    if (i % 100 == 1) {
                        pollsAtStart = polls.get();
                    } else if (i % 100 == 0 && polls.get() - pollsAtStart >= 2) { // one whole poll
                        rotate();
                    }
                }
                return "";
            } catch (IOException e) {
                return e.toString();
            }
        });
        while (!writer.isDone()) {
            follower.poll();
            polls.incrementAndGet();
        }
        follower.poll();

        assertEquals("", writer.join());
        assertEquals(IntStream.range(0, count).mapToObj(String::valueOf).toList(), lines());
    }

    @Test
    void findsLinesWithAllTextsNewestFirst() throws Exception {
        String cafe = "{\"level\":\"INFO\",\"message\":\"one café <b>\",\"method\":\"GET\"}";
        add(cafe, "{\"level\":\"ERROR\",\"message\":\"two\",\"method\":\"GET\"}",
                "{\"level\":\"INFO\",\"message\":\"\\\"level\\\":\\\"ERROR\\\"\"}");

        assertEquals(List.of(cafe), find(0, LATER, 9, "\"method\":\"GET\"", "café"));
        assertEquals(2, find(0, LATER, 9, "\"method\":\"GET\"").size());
        assertEquals(1, find(0, LATER, 1, "\"method\":\"GET\"").size());
        assertEquals(1, find(0, LATER, 9, "\"level\":\"ERROR\"").size(), "no message forges a level");
    }

    @Test
    void findsByTime() throws Exception {
        String second = "{\"timestamp\":\"2024-12-17T12:00:01.000000Z\",\"message\":\"two\"}";
        add(second.replace("01.000000", "00.999999"), second, second.replace("01.0", "02.0"), "half a line");

        assertEquals(List.of(second), find(1_734_436_801L, 1_734_436_802L, 10));
    }

    @Test
    void boundsMemoryAndResponses() throws Exception {
        for (int i = 0; i < 60; i++) {
            add("{\"n\":" + i + ",\"padding\":\"" + "x".repeat(1_000_000) + "\"}");
        }

        assertEquals(1, find(0, LATER, 9, "{\"n\":45,").size(), "15 of these fit into 16 MB");
        assertEquals(0, find(0, LATER, 9, "{\"n\":44,").size());
        assertEquals(1, find(0, LATER, 9).size(), "each is longer than a response");
        assertEquals(60, store.received());
    }
}
