package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogStoreTest {
    private static final long LATER = 1L << 37;

    private final LogStore store = new LogStore();

    private void add(String line) {
        byte[] bytes = ("xx" + line + "xx").getBytes(StandardCharsets.UTF_8);
        store.add(bytes, 2, bytes.length - 4);
    }

    private List<String> find(long from, long to, int limit, String... texts) throws Exception {
        return new String(store.find(List.of(texts), from, to, limit), StandardCharsets.UTF_8).lines().toList();
    }

    private List<String> find(String... texts) throws Exception {
        return find(0, LATER, 20_000, texts);
    }

    @Test
    void returnsLinesAsTheyWereWrittenNewestFirst() throws Exception {
        add("{\"message\":\"a <b>\"}");
        add("{\"message\":\"ü…\\u0000\"}");

        assertEquals(List.of("{\"message\":\"ü…\\u0000\"}", "{\"message\":\"a <b>\"}"), find());
        assertEquals(1, find(0, LATER, 1).size());
    }

    @Test
    void findsLinesWithAllTexts() throws Exception {
        add("{\"level\":\"INFO\",\"message\":\"one café\",\"method\":\"GET\"}");
        add("{\"level\":\"ERROR\",\"message\":\"two\",\"method\":\"GET\"}");

        assertEquals(2, find("\"method\":\"GET\"").size());
        assertEquals(1, find("\"method\":\"GET\"", "two").size());
        assertEquals(1, find("café").size());
        assertEquals(0, find("one", "two").size());
        assertEquals(0, find("Two").size());
    }

    @Test
    void noMessageForgesALevel() throws Exception {
        add("{\"level\":\"INFO\",\"message\":\"\\\"level\\\":\\\"ERROR\\\"\"}");

        assertEquals(0, find("\"level\":\"ERROR\"").size());
    }

    @Test
    void findsByTime() throws Exception {
        add("{\"timestamp\":\"2024-12-17T12:00:00.999999Z\",\"message\":\"one\"}");
        add("{\"timestamp\":\"2024-12-17T12:00:01.000000Z\",\"message\":\"two\"}");
        add("{\"timestamp\":\"2024-12-17T12:00:02.000000Z\",\"message\":\"three\"}");
        add("half a line");

        List<String> found = find(1_734_436_801L, 1_734_436_802L, 10);

        assertEquals(1, found.size());
        assertTrue(found.getFirst().contains("two"));
    }

    @Test
    void evictsTheOldestWhenFull() throws Exception {
        for (int i = 0; i < 60; i++) {
            add("{\"n\":" + i + ",\"padding\":\"" + "x".repeat(1_000_000) + "\"}");
        }

        assertEquals(1, find("{\"n\":45,").size(), "15 of these fit into 16 MB");
        assertEquals(0, find("{\"n\":44,").size());
        assertTrue(store.status().bytesKept() <= LogStore.MAX_BYTES);
        assertEquals(60, store.status().lines());
    }

    @Test
    void boundsTheResponseForAnyLines() throws Exception {
        for (int i = 0; i < 60; i++) {
            add("x".repeat(LogStore.MAX_RESPONSE / 10));
        }

        assertEquals(10, find().size());
    }

    @Test
    void findsTheSameLinesForAnyChunkSize() throws Exception {
        for (int i = 0; i < 10_000; i++) {
            add("{\"n\":" + i + ",\"x\":\"" + "x".repeat(i % 27) + "\"}");
        }

        List<String> all = find();

        assertEquals(10_000, all.size());
        for (int i = 0; i < 10_000; i += 97) {
            assertTrue(all.get(9_999 - i).startsWith("{\"n\":" + i + ","));
            assertEquals(1, find("{\"n\":" + i + ",").size());
        }
    }
}
