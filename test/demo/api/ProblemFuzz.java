package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import demo.log.Lines;
import java.util.List;
import java.util.Map;

/** Problem documents with any text in them: a strict parser reads back what was said. */
public final class ProblemFuzz {
    private ProblemFuzz() {
    }

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        int status = data.consumeInt(400, 599);
        String type = text(data);
        String title = text(data);
        String detail = text(data);
        Map<String, Object> read = Lines.parse(new Problem(status, type, title, detail).document(text(data)));

        assertEquals(List.of("type", "title", "status", "detail", "trace_id"), List.copyOf(read.keySet()));
        assertEquals((long) status, read.get("status"));
        assertEquals("urn:demo:problem:" + readable(type), read.get("type"));
        assertEquals(readable(title), read.get("title"));
        assertEquals(readable(detail), read.get("detail"));
    }

    /** Any chars, halves of surrogate pairs too. */
    private static String text(FuzzedDataProvider data) {
        var text = new StringBuilder();
        for (int i = data.consumeInt(0, 20); i > 0; i--) {
            text.append(data.consumeChar());
        }
        return text.toString();
    }

    /** Half a surrogate pair can't be said in UTF-8. */
    private static String readable(String text) {
        return text.codePoints().map(c -> c >= 0xd800 && c < 0xe000 ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }
}
