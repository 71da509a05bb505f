package demo.tools.verify;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A JSON value to look around in: what is absent reads as empty, so that a path can be followed without asking at each
 * step. Immutable once read.
 *
 * @param value a Map, a List, a String (numbers and booleans too, as they were written) or null
 */
record Json(Object value) {
    private static final JsonFactory FACTORY = new JsonFactory();

    static Json parse(String text) throws IOException {
        try (var parser = FACTORY.createParser(text)) {
            parser.nextToken();
            return new Json(read(parser));
        }
    }

    private static Object read(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                var fields = new LinkedHashMap<String, Object>();
                for (var name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                    parser.nextToken();
                    fields.put(name, read(parser));
                }
                yield fields;
            }
            case START_ARRAY -> {
                var items = new ArrayList<Object>();
                while (!parser.nextToken().isStructEnd()) {
                    items.add(read(parser));
                }
                yield items;
            }
            case VALUE_NULL -> null;
            case null -> throw new IOException("expected JSON, got nothing");
            default -> parser.getText();
        };
    }

    /** The value below {@code path}'s field names. */
    Json at(String... path) {
        Object here = value;
        for (var name : path) {
            here = here instanceof Map<?, ?> fields ? fields.get(name) : null;
        }
        return new Json(here);
    }

    Json item(int index) {
        return value instanceof List<?> items && index < items.size() ? new Json(items.get(index)) : new Json(null);
    }

    List<Json> items() {
        return value instanceof List<?> items ? items.stream().<Json>map(Json::new).toList() : List.of();
    }

    @SuppressWarnings("unchecked") // the reader above makes only such maps
    Set<String> names() {
        return value instanceof Map<?, ?> fields ? ((Map<String, Object>) fields).keySet() : Set.of();
    }

    /** Empty for what is absent or no text. */
    String text() {
        return value instanceof String text ? text : "";
    }

    /** Every object anywhere inside that has a field {@code name}. */
    Stream<Json> having(String name) {
        var below = switch (value) {
            case Map<?, ?> fields -> fields.values().stream();
            case List<?> items -> items.stream();
            case null, default -> Stream.empty();
        };
        var here = names().contains(name) ? Stream.of(this) : Stream.<Json>empty();
        return Stream.concat(here, below.flatMap(child -> new Json(child).having(name)));
    }
}
