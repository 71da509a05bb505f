package demo.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * JSON outside the log: request and response bodies, the backends' query results, Pocket's API. jackson-jr reads and
 * writes; this class adds limits, strict UTF-8, and a value that can be navigated without null checks.
 *
 * <p>Immutable. Any thread may call.
 *
 * @param value a Map, a List, a String, a Number, a Boolean or null
 */
public record Json(Object value) {
    /** No document here needs deep nesting or huge numbers, which cost memory and CPU time. */
    private static final JSON MAPPER = JSON.builder(JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxNestingDepth(64).maxNumberLength(40).build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .build())
            .enable(JSON.Feature.WRITE_NULL_PROPERTIES, JSON.Feature.WRITE_RECORD_FIELDS_IN_DECLARATION_ORDER)
            .build();

    /**
     * Writes a Map, a List, a record, a String, a Number, a Boolean or null as UTF-8. A record's component names become
     * field names. An unpaired surrogate, which UTF-8 cannot encode, becomes a question mark.
     */
    public static byte[] write(Object value) {
        try {
            // Through a String: when jackson writes bytes directly, it refuses unpaired surrogates.
            return MAPPER.asString(value).getBytes(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write as JSON: " + value.getClass(), e);
        }
    }

    /**
     * Reads one document.
     *
     * @throws JsonException with line and column where the bytes are not UTF-8 or not one JSON document
     */
    public static Json read(byte[] utf8) throws JsonException {
        try {
            return read(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString());
        } catch (CharacterCodingException e) {
            throw new JsonException("the text is not UTF-8");
        }
    }

    /** Like {@link #read(byte[])}. */
    public static Json read(String text) throws JsonException {
        try (var parser = MAPPER.createParser(text)) {
            if (parser.nextToken() == null) {
                throw new JsonException("expected a JSON document, the text is empty");
            }
            Object value = MAPPER.anyFrom(parser);
            if (parser.nextToken() != null) {
                var at = parser.currentTokenLocation();
                throw new JsonException("expected nothing after the document", at.getLineNr(), at.getColumnNr());
            }
            return new Json(value);
        } catch (JsonProcessingException e) {
            String reason = e.getOriginalMessage().lines().findFirst().orElse("not JSON");
            var at = e.getLocation();
            throw at == null ? new JsonException(reason) : new JsonException(reason, at.getLineNr(), at.getColumnNr());
        } catch (IOException e) {
            throw new JsonException(e.getMessage());
        }
    }

    /** The value under these field names; a Json of null when one of them is absent. */
    public Json at(String... path) {
        Object current = value;
        for (String name : path) {
            current = current instanceof Map<?, ?> fields ? fields.get(name) : null;
        }
        return new Json(current);
    }

    /** The array's element; a Json of null when there is none. */
    public Json item(int index) {
        return value instanceof List<?> list && index < list.size() ? new Json(list.get(index)) : new Json(null);
    }

    /** The array's elements; empty when this is not an array. */
    public List<Json> items() {
        return value instanceof List<?> list ? list.stream().map(Json::new).toList() : List.of();
    }

    /** The object's fields in their order; empty when this is not an object. */
    @SuppressWarnings("unchecked") // jackson-jr reads objects as Map<String, Object>
    public Map<String, Object> fields() {
        return value instanceof Map<?, ?> fields ? (Map<String, Object>) fields : Map.of();
    }

    /** A string, number or boolean as text; empty for null, arrays and objects. */
    public String text() {
        return value == null || value instanceof Map || value instanceof List ? "" : value.toString();
    }

    /** Every object, at any depth, that has a field of this name. */
    public Stream<Json> having(String name) {
        var children = value instanceof Map<?, ?> fields ? fields.values().stream()
                : value instanceof List<?> list ? list.stream() : Stream.empty();
        var self = fields().containsKey(name) ? Stream.of(this) : Stream.<Json>empty();
        return Stream.concat(self, children.flatMap(child -> new Json(child).having(name)));
    }
}
