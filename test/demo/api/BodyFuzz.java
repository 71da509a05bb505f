package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import demo.log.Lines;
import java.util.Map;

/** Request bodies: read to the same members as a second parser reads, or refused by a document that parses. */
public final class BodyFuzz {
    private BodyFuzz() {
    }

    public static void fuzzerTestOneInput(byte[] body) {
        Map<String, Object> members;
        try {
            members = Json.flatObject(body);
        } catch (Problem problem) {
            assertEquals(400, problem.status());
            assertEquals(400L, Lines.parse(problem.document(null)).get("status"));
            return;
        }
        assertEquals(Lines.parse(body), members);
    }
}
