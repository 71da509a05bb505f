package demo.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonFactory;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogLineTest {
    private static final String LINE = "{\"timestamp\":\"2026-11-23T11:16:04.397664Z\",\"level\":\"WARN\",\"service\":\"api\",\"message\":\"request answered\","
            + "\"trace_id\":\"593c7922df08ab748111bd432f58d6ca\",\"method\":\"POST\",\"status\":201,\"more\":{\"level\":\"ERROR\"},\"list\":[1]}";

    private static LogLine parse(String line) {
        byte[] bytes = ("xx" + line + "xx").getBytes(StandardCharsets.UTF_8);
        return LogLine.parse(bytes, 2, bytes.length - 4);
    }

    @Test
    void readsWhatThePageAsksFor() {
        LogLine line = parse(LINE);

        assertEquals(new LogLine(1_795_432_564_397L, (byte) LogLine.LEVELS.indexOf("WARN"), (byte) LogLine.METHODS.indexOf("POST"),
                TraceId.parse("593c7922df08ab748111bd432f58d6ca"), true), line);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "[1]", "1", "{", "{\"a\":1", "{\"a\":1}}", "{\"a\":1} {\"b\":2}", "{\"a\":\"\\q\"}", "{\"a\":tru}", "{\"timestamp\":\"yesterday\"}"})
    void takesWhatIsNoJsonObjectAsText(String line) {
        assertEquals(false, parse(line).json());
    }

    @Test
    void everyLineTakenForJsonCanBeWrittenIntoAnAnswer() {
        var random = new Random(13);
        int json = 0;
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes = LINE.getBytes(StandardCharsets.UTF_8);
            for (int changes = random.nextInt(3); changes >= 0; changes--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            if (LogLine.parse(bytes, 0, bytes.length).json()) {
                json++;
                String text = new String(bytes, StandardCharsets.UTF_8);
                assertEquals(true, isOneValue(text), text);
            }
        }
        assertEquals(true, json > 1_000, "some changes leave JSON, " + json);
    }

    private static boolean isOneValue(String text) {
        try (var parser = new JsonFactory().createParser("{\"line\":" + text + ",\"end\":1}")) {
            int fields = 0;
            parser.nextToken();
            while (parser.nextToken() == com.fasterxml.jackson.core.JsonToken.FIELD_NAME) {
                fields++;
                parser.nextToken();
                parser.skipChildren();
            }
            return fields == 2 && parser.nextToken() == null;
        } catch (java.io.IOException e) {
            return false;
        }
    }
}
