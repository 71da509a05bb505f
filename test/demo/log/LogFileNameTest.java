package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A rotated file's name is a value that makes, reads and orders itself. */
class LogFileNameTest {
    private static final Instant NOON = Instant.parse("2024-12-17T12:00:00.999Z");

    @Test
    void isMadeAsTheContractSays() {
        var name = LogFileName.at("app.log", NOON);

        assertEquals("app.log.2024-12-17_12-00-00", name.toString());
        assertEquals("app.log.2024-12-17_12-00-00.gz", name.asCompressed().toString());
        assertEquals("app.log.2024-12-17_12-00-00.1.gz", name.asCompressed().nextCopy().toString());
    }

    @Test
    void readsWhatItMakes() {
        for (String name : List.of("app.log.2024-12-17_12-00-00", "app.log.2024-02-29_23-59-59.12.gz",
                "app.log.0000-01-01_00-00-00.gz", "app.log.9999-12-31_23-59-59.999999999")) {
            assertEquals(name, LogFileName.parse("app.log", name).orElseThrow().toString());
        }
    }

    @Test
    void leavesOtherPeoplesFilesAlone() {
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
    void whateverItReadsItWouldHaveMade() {
        var random = new Random(3);
        String letters = "0123456789-_.gz";
        int read = 0;
        for (int i = 0; i < 200_000; i++) {
            var name = new StringBuilder("app.log.2024-12-17_12-00-00.1.gz");
            for (int changes = random.nextInt(3); changes >= 0; changes--) {
                int at = 8 + random.nextInt(name.length() - 8);
                name.setCharAt(at, letters.charAt(random.nextInt(letters.length())));
            }
            Optional<LogFileName> parsed = LogFileName.parse("app.log", name.toString());
            parsed.ifPresent(p -> assertEquals(name.toString(), p.toString()));
            read += parsed.isPresent() ? 1 : 0;
        }
        assertTrue(read > 1_000);
    }

    @Test
    void ordersAsTheFilesWereRotated() {
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
