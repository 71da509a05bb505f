package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenMetricsTest {
    private static List<OpenMetrics.Sample> read(String text) {
        return OpenMetrics.read(text, _ -> true).toList();
    }

    @Test
    void readsNameLabelsValueAndExemplar() {
        var samples = read("""
                # TYPE took_seconds histogram
                took_seconds_bucket{route="/menu",le="+Inf"} 7 # {trace_id="4bf9",span_id="00f0"} 0.25 1700000000.5
                up 1
                # EOF
                """);

        assertEquals(List.of(
                new OpenMetrics.Sample("took_seconds_bucket", Map.of("route", "/menu", "le", "+Inf"), 7,
                        new OpenMetrics.Exemplar(Map.of("trace_id", "4bf9", "span_id", "00f0"), 0.25, 1700000000.5)),
                new OpenMetrics.Sample("up", Map.of(), 1, null)), samples);
    }

    @Test
    void readsEscapesAndSkipsASamplesOwnTime() {
        var samples = read("a{path=\"\\\"x\\\\\\n\",other=\"{,} # \"} +Inf 1700000000\nb 2 1700000000 # {} 3\n");

        assertEquals(Map.of("path", "\"x\\\n", "other", "{,} # "), samples.get(0).labels());
        assertEquals(Double.POSITIVE_INFINITY, samples.get(0).value());
        assertEquals(3, samples.get(1).exemplar().value());
    }

    @ParameterizedTest
    @ValueSource(strings = {"name", "name ", "name x", "name{ 1", "name{a} 1", "name{a=\"b} 1", "name{a=\"b\"}1",
        "name{a=\"\\", "n 1 # x", "n 1 # {a=\"b\"}"})
    void namesTheLineThatBreaksTheFormat(String line) {
        var problem = assertThrows(IllegalArgumentException.class, () -> read("ok 1\n" + line + "\n"));

        assertEquals(true, problem.getMessage().contains("was: " + line.strip()), problem.getMessage());
    }
}
