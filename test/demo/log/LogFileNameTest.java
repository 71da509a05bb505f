package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The name of a rotated file: format, parse, order. */
class LogFileNameTest {
    @Test
    void formatsAndParsesInTheOrderOfRotation() {
        var noon = LogFileName.at("app.log", Instant.parse("2024-12-17T12:00:00.999Z"));
        assertEquals("app.log.2024-12-17_12-00-00", noon.toString());
        assertEquals("app.log.2024-12-17_12-00-00.1.gz", noon.asCompressed().nextInSecond().toString());

        List<String> inOrder = List.of("app.log.0000-01-01_00-00-00.gz", "app.log.2024-02-29_23-59-59.2",
                "app.log.2024-02-29_23-59-59.12.gz", "app.log.9999-12-31_23-59-59.999999999");
        assertEquals(inOrder, Stream.of(3, 1, 0, 2).map(inOrder::get)
                .map(name -> LogFileName.parse("app.log", name).orElseThrow()).sorted().map(Object::toString).toList());
    }

    @Test
    void refusesNamesOfOtherFiles() {
        for (String name : List.of("app.log", "app.log.1", "app.log.lock", "app.log.2024-12-17_12-00-00.bak",
                "app.log.2024-12-17_12-00-00.0", "app.log.2024-12-17_12-00-00.01", "app.log.2023-02-29_00-00-00",
                "app.log.2024-13-01_00-00-00", "app.log.2024-12-17_24-00-00", "app.log.2024-12-17_12-00-00.gz.gz",
                "app.log.2024-12-17_12-00-00.gz.part", "app.log2024-12-17_12-00-00", "other.2024-12-17_12-00-00",
                "app.log.2024-12-17_12-00-00.9999999999", "app.log.+2024-12-17_12-00-00", "",
                "app.log.2024-12-17_12-00-00\n", "app.log.２024-12-17_12-00-00")) {
            assertEquals(Optional.empty(), LogFileName.parse("app.log", name), name);
        }
    }
}
