package demo.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamReadException;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** JSON in and out: answers of any shape, request bodies that are one flat object. Any thread may call. */
final class Json {
    /** No body here is deep or has long names; a parser that knows refuses what only wants to cost memory. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(8).maxNameLength(256).maxStringLength(16 * 1024).maxNumberLength(40).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();

    private Json() {
    }

    /** Writes one document. */
    interface Writer {
        void writeTo(JsonGenerator json) throws IOException;
    }

    /** In UTF-8. Half a surrogate pair can't be said in it and becomes a question mark. */
    static byte[] bytes(Writer writer) {
        // Not into bytes at once: there Jackson refuses such halves, and what quotes one would have no answer.
        var text = new StringWriter(256);
        try (var json = FACTORY.createGenerator(text)) {
            writer.writeTo(json);
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail", e);
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The members of the one flat object that {@code body} must be: strings, longs, booleans.
     *
     * @throws Problem 400 with line and column where it is something else
     */
    static Map<String, Object> flatObject(byte[] body) throws Problem {
        var members = new LinkedHashMap<String, Object>();
        try (JsonParser parser = FACTORY.createParser(utf8(body))) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw malformed("expected a JSON object", parser);
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                members.put(name, value(parser, parser.nextToken()));
            }
            if (parser.nextToken() != null) {
                throw malformed("expected nothing after the object", parser);
            }
            return members;
        } catch (StreamReadException e) {
            var location = e.getLocation();
            throw malformed(e.getOriginalMessage().lines().findFirst().orElse("not JSON"),
                    location == null ? 1 : location.getLineNr(), location == null ? 1 : location.getColumnNr());
        } catch (IOException e) {
            throw Problem.badRequest("malformed_json", "The body is not in UTF-8.");
        }
    }

    /** Jackson's own decoder guesses at UTF-16 and takes bytes that are no character for one. */
    private static String utf8(byte[] body) throws CharacterCodingException {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    }

    private static Object value(JsonParser parser, JsonToken token) throws IOException, Problem {
        return switch (token) {
            case VALUE_STRING -> parser.getText();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NUMBER_INT -> {
                if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                    throw malformed("expected a number below 2^63", parser);
                }
                yield parser.getLongValue();
            }
            case null, default -> throw malformed(
                    "expected a string, a whole number or true or false for \"" + parser.currentName() + "\"", parser);
        };
    }

    private static Problem malformed(String what, JsonParser parser) {
        var location = parser.currentTokenLocation();
        return malformed(what, location.getLineNr(), Math.max(1, location.getColumnNr()));
    }

    private static Problem malformed(String what, int line, int column) {
        return Problem.badRequest("malformed_json", "The body is not the JSON that was expected, at line " + line
                + ", column " + column + ": " + what + ".");
    }
}
