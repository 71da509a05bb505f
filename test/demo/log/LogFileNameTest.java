package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The name of a rotated file: format, parse, order. {@link FileNameFuzz} tries other names. */
class LogFileNameTest {
    private static final Instant NOON = Instant.parse("2024-12-17T12:00:00.999Z");

    @Test
    void hasTheDocumentedFormat() {
        var name = LogFileName.at("app.log", NOON);

        assertEquals("app.log.2024-12-17_12-00-00", name.toString());
        assertEquals("app.log.2024-12-17_12-00-00.gz", name.asCompressed().toString());
        assertEquals("app.log.2024-12-17_12-00-00.1.gz", name.asCompressed().nextCopy().toString());
    }

    @Test
    void parsesWhatItFormats() {
        for (String name : List.of("app.log.2024-12-17_12-00-00", "app.log.2024-02-29_23-59-59.12.gz",
                "app.log.0000-01-01_00-00-00.gz", "app.log.9999-12-31_23-59-59.999999999")) {
            assertEquals(name, LogFileName.parse("app.log", name).orElseThrow().toString());
        }
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

    @Test
    void ordersByRotation() {
        var first = LogFileName.at("app.log", NOON);
        List<LogFileName> inOrder = new ArrayList<>(List.of(first));
        for (int i = 0; i < 11; i++) {
            inOrder.add(inOrder.getLast().nextCopy());
        }
        inOrder.add(LogFileName.at("app.log", NOON.plusSeconds(1)));
        List<LogFileName> shuffled = new ArrayList<>(inOrder);
        Collections.shuffle(shuffled, new Random(1));

        Collections.sort(shuffled);

        assertEquals(inOrder, shuffled);
    }
}
