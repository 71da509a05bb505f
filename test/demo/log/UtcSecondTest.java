package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The calendar by hand against the JDK's. */
class UtcSecondTest {
    private static final DateTimeFormatter JDK = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss");

    private final UtcSecond second = new UtcSecond();
    private final byte[] text = new byte[UtcSecond.LENGTH];

    private void agreesAt(long epochSecond) {
        second.set(epochSecond);
        second.copyTo(text, 0);
        assertEquals(LocalDateTime.ofEpochSecond(epochSecond, 0, ZoneOffset.UTC).format(JDK),
                new String(text, StandardCharsets.US_ASCII));
    }

    @Test
    void agreesWithTheJdkOnEveryDayOfFourHundredYearsAndAtTheEnds() {
        for (long day = -10_000; day < 146_097; day++) {
            agreesAt(day * 86_400 + day % 86_400);
        }
        agreesAt(UtcSecond.FIRST);
        agreesAt(UtcSecond.LAST);
    }

    @Test
    void agreesWithTheJdkOnRandomSeconds() {
        var random = new Random(9);
        for (int i = 0; i < 100_000; i++) {
            agreesAt(random.nextLong(UtcSecond.FIRST, UtcSecond.LAST + 1));
        }
    }
}
