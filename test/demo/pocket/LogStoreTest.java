package demo.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LogStoreTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    private final LogStore store = new LogStore();

    private void add(String line) {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        store.add(LogLine.parse(bytes, 0, bytes.length), bytes, 0, bytes.length);
    }

    private String find(LogStore.Query query) throws IOException {
        var text = new StringWriter();
        try (var out = new JsonFactory().createGenerator(text)) {
            store.write(out, query);
        }
        return text.toString();
    }

    private static LogStore.Query query(String level, String method, String trace, String text, String route) {
        return new LogStore.Query(0, 0, LogLine.LEVELS.indexOf(level), LogLine.METHODS.indexOf(method), TraceId.parse(trace), text, route, 0, 10);
    }

    @Test
    void givesLinesAsTheyWereWrittenNewestFirst() throws Exception {
        add("{\"message\":\"a <b>\"}");
        add("{\"message\":\"ü\\u0000\"}");

        assertEquals("{\"next\":2,\"lines\":[{\"number\":1,\"line\":{\"message\":\"ü\\u0000\"}},{\"number\":0,\"line\":{\"message\":\"a <b>\"}}],\"more\":false}",
                find(query("", "", "", "", "")));
    }

    @Test
    void findsByLevelMethodTraceTextAndRoute() throws Exception {
        add("{\"level\":\"INFO\",\"message\":\"one\",\"trace_id\":\"" + TRACE + "\",\"method\":\"GET\",\"route\":\"/menu\"}");
        add("{\"level\":\"ERROR\",\"message\":\"Two\",\"method\":\"POST\",\"route\":\"/orders\"}");

        assertTrue(find(query("WARN", "", "", "", "")).contains("Two"));
        assertFalse(find(query("WARN", "", "", "", "")).contains("one"));
        assertTrue(find(query("", "GET", "", "", "")).contains("one"));
        assertFalse(find(query("", "GET", "", "", "")).contains("Two"));
        assertTrue(find(query("", "", TRACE, "", "")).contains("one"));
        assertFalse(find(query("", "", TRACE, "", "")).contains("Two"));
        assertTrue(find(query("", "", "", "tWO", "")).contains("Two"));
        assertFalse(find(query("", "", "", "tWO", "")).contains("one"));
        assertFalse(find(query("", "", "", "", "/order")).contains("Two"));
        assertTrue(find(query("", "", "", "", "/orders")).contains("Two"));
    }

    @Test
    void findsByTimeAndAfterALine() throws Exception {
        add("{\"timestamp\":\"2024-12-17T12:00:00.000001Z\",\"message\":\"one\"}");
        add("{\"timestamp\":\"2024-12-17T12:00:01.500000Z\",\"message\":\"two\"}");

        String second = find(new LogStore.Query(1_734_436_801_000L, 1_734_436_802_000L, 0, 0, null, "", "", 0, 10));
        String after = find(new LogStore.Query(0, 0, 0, 0, null, "", "", 1, 10));

        assertFalse(second.contains("one"));
        assertTrue(second.contains("two"));
        assertEquals(after, second);
    }

    @Test
    void keepsWhatIsNoJsonAsText() throws Exception {
        add("{\"message\":\"half");
        add("{\"message\":\"two\"} {\"message\":\"forged\"}");
        add("[]");

        String found = find(query("", "", "", "", ""));

        assertEquals("{\"next\":3,\"lines\":[{\"number\":2,\"text\":\"[]\"},{\"number\":1,\"text\":\"{\\\"message\\\":\\\"two\\\"} {\\\"message\\\":\\\"forged\\\"}\"},"
                + "{\"number\":0,\"text\":\"{\\\"message\\\":\\\"half\"}],\"more\":false}", found);
    }

    @Test
    void letsTheOldestGoWhenFull() throws Exception {
        String padding = "x".repeat(1_000_000);
        for (int i = 0; i < 60; i++) {
            add("{\"n\":" + i + ",\"padding\":\"" + padding + "\"}");
        }

        String found = find(new LogStore.Query(0, 0, 0, 0, null, "", "", 0, 100)).replace(padding, "");

        assertTrue(found.contains("\"n\":59,"));
        assertTrue(found.contains("\"n\":41,"), "19 of these fit into 20 MB");
        assertFalse(found.contains("\"n\":40,"));
    }

    @Test
    void letsTheOldestGoWhenThereAreTooManyLines() throws Exception {
        for (int i = 0; i < LogStore.MAX_LINES + 1; i++) {
            add("{\"n\":" + i + "}");
        }

        assertFalse(find(query("", "", "", "\"n\":0}", "")).contains("line\""));
        assertTrue(find(query("", "", "", "\"n\":1}", "")).contains("\"n\":1}"));
    }
}
