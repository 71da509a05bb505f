package demo.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    record Item(String name, long cents) { }

    /** UTF-8 cannot encode an unpaired surrogate. */
    @Test
    void writesMapsListsRecordsNullAndUnpairedSurrogates() {
        var object = new LinkedHashMap<String, Object>();
        object.put("name", "caffè \"lungo\"\n\ud800");
        object.put("items", Arrays.asList(new Item("espresso", 220), 1.5, true, null));
        object.put("nothing", null);
        assertEquals("{\"name\":\"caffè \\\"lungo\\\"\\n?\","
                + "\"items\":[{\"name\":\"espresso\",\"cents\":220},1.5,true,null],"
                + "\"nothing\":null}", new String(Json.write(object), StandardCharsets.UTF_8));
    }

    @Test
    void navigatesWithoutNullChecks() throws JsonException {
        Json json = Json.read("{\"data\": {\"result\": [{\"value\": [1.5, \"2\"]}]}}");
        assertEquals("2", json.at("data", "result").item(0).at("value").item(1).text());
        assertEquals("1.5", json.at("data", "result").item(0).at("value").item(0).text());
        assertEquals("", json.at("data", "absent").item(7).at("deeper").text());
        assertEquals(List.of(), json.at("absent").items());
        assertEquals(1, json.having("value").count());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "{", "{\"a\":1,\"a\":2}", "{} {}", "[1] x", "nul", "{'a':1}", "01", "\"\u0001\""})
    void refusesWhatIsNotOneDocument(String text) {
        assertThrows(JsonException.class, () -> Json.read(text));
    }

    @Test
    void refusesDeepNestingLongNumbersAndOtherEncodings() {
        assertThrows(JsonException.class, () -> Json.read("[".repeat(100) + "]".repeat(100)));
        assertThrows(JsonException.class, () -> Json.read("1".repeat(1_000)));
        assertThrows(JsonException.class, () -> Json.read("{}".getBytes(StandardCharsets.UTF_16)));
        assertThrows(JsonException.class, () -> Json.read(new byte[] {'"', (byte) 0xc3, '"'}));
    }

    @Test
    void reportsLineAndColumn() {
        var e = assertThrows(JsonException.class, () -> Json.read("{\n \"a\": x}"));
        assertEquals("line 2, column", e.getMessage().substring(0, 14));
    }
}
