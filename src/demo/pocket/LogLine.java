package demo.pocket;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;

/**
 * What the page asks of a log line: when, how bad, which method, which trace. The line's text stays beside it, as it was.
 *
 * @param epochMillis when it was written; 0 where it doesn't say
 * @param level place in {@link #LEVELS}; 0 where it has none
 * @param method place in {@link #METHODS}; 0 where it has none
 * @param trace null where it has none
 * @param json whether the whole line is one JSON object; if not, the page shows it as plain text
 */
record LogLine(long epochMillis, byte level, byte method, TraceId trace, boolean json) {
    static final List<String> LEVELS = List.of("", "TRACE", "DEBUG", "INFO", "WARN", "ERROR");
    static final List<String> METHODS = List.of("", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    private static final JsonFactory JSON = new JsonFactory();

    /** Reads one line without its end. A line that isn't a JSON object, such as half of one after a crash, is kept too. */
    static LogLine parse(byte[] buffer, int offset, int length) {
        long millis = 0;
        byte level = 0;
        byte method = 0;
        TraceId trace = null;
        try (JsonParser parser = JSON.createParser(buffer, offset, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return new LogLine(0, (byte) 0, (byte) 0, null, false);
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (!parser.nextToken().isScalarValue()) {
                    parser.skipChildren();
                    continue;
                }
                switch (name) {
                    case "timestamp" -> millis = Instant.parse(parser.getText()).toEpochMilli();
                    case "level" -> level = (byte) Math.max(0, LEVELS.indexOf(parser.getText()));
                    case "method" -> method = (byte) Math.max(0, METHODS.indexOf(parser.getText()));
                    case "trace_id" -> trace = TraceId.parse(parser.getText());
                    default -> parser.finishToken(); // or its text would not be checked
                }
            }
            return new LogLine(millis, level, method, trace, parser.nextToken() == null);
        } catch (IOException | DateTimeParseException _) {
            return new LogLine(millis, level, method, trace, false);
        }
    }
}
