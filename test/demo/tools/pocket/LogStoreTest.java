package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogStoreTest {
    private final LogStore store = new LogStore();

    private void add(String line) {
        byte[] bytes = ("xx" + line + "xx").getBytes(StandardCharsets.UTF_8);
        store.add(bytes, 2, bytes.length - 4);
    }

    private List<String> find(String... words) {
        return store.find(List.of(words), 0, 0, 1_000);
    }

    @Test
    void givesLinesAsTheyWereWrittenNewestFirst() {
        add("{\"message\":\"a <b>\"}");
        add("{\"message\":\"ü…\\u0000\"}");

        assertEquals(List.of("{\"message\":\"ü…\\u0000\"}", "{\"message\":\"a <b>\"}"), find());
        assertEquals(1, store.find(List.of(), 0, 0, 1).size());
    }

    @Test
    void findsLinesWithAllTheWords() {
        add("{\"level\":\"INFO\",\"message\":\"one café\",\"method\":\"GET\"}");
        add("{\"level\":\"ERROR\",\"message\":\"two\",\"method\":\"GET\"}");

        assertEquals(2, find("\"method\":\"GET\"").size());
        assertEquals(1, find("\"method\":\"GET\"", "two").size());
        assertEquals(1, find("café").size());
        assertEquals(0, find("one", "two").size());
    }

    @Test
    void aMessageCannotForgeALevel() {
        add("{\"level\":\"INFO\",\"message\":\"\\\"level\\\":\\\"ERROR\\\"\"}");

        assertEquals(0, find("\"level\":\"ERROR\"").size());
    }

    @Test
    void findsByTime() {
        add("{\"timestamp\":\"2024-12-17T12:00:00.999999Z\",\"message\":\"one\"}");
        add("{\"timestamp\":\"2024-12-17T12:00:01.000000Z\",\"message\":\"two\"}");
        add("{\"timestamp\":\"2024-12-17T12:00:02.000000Z\",\"message\":\"three\"}");
        add("half a line");

        List<String> found = store.find(List.of(), 1_734_436_801L, 1_734_436_802L, 10);

        assertEquals(1, found.size());
        assertTrue(found.getFirst().contains("two"));
    }

    @Test
    void letsTheOldestGoWhenFull() {
        String padding = "x".repeat(1_000_000);
        for (int i = 0; i < 60; i++) {
            add("{\"n\":" + i + ",\"padding\":\"" + padding + "\"}");
        }

        assertEquals(1, find("{\"n\":45,").size(), "15 of these fit into 16 MB");
        assertEquals(0, find("{\"n\":44,").size());
        assertTrue(store.status().bytesKept() <= LogStore.MAX_BYTES);
        assertEquals(60, store.status().lines());
    }

    @Test
    void anAnswerIsBoundedWhateverTheLinesAre() {
        for (int i = 0; i < 60; i++) {
            add("x".repeat(LogStore.MAX_ANSWER / 10));
        }

        assertEquals(10, find().size());
    }

    @Test
    void findsTheSameLinesWhereverAChunkEnds() {
        for (int i = 0; i < 10_000; i++) {
            add("{\"n\":" + i + ",\"message\":\"" + "x".repeat(i % 97) + "\"}");
        }

        List<String> all = store.find(List.of(), 0, 0, 20_000);

        assertEquals(10_000, all.size());
        for (int i = 0; i < 10_000; i += 7) {
            assertTrue(all.get(9_999 - i).startsWith("{\"n\":" + i + ","));
            assertEquals(1, find("{\"n\":" + i + ",").size());
        }
    }
}
