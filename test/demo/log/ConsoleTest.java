package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

/** The messages at the terminal. */
class ConsoleTest {
    @Test
    void printsTheLocalTimeAndEscapesControlCharacters() {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var console = new Console(new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                InstantSource.fixed(Instant.parse("2024-12-17T12:00:00Z")), ZoneId.of("Europe/Vienna"));

        console.say("a\u001b[2Jb\nc\u202ed é 𝄞");
        console.warn("the disk is full");

        assertEquals("13:00:00 a\\u001b[2Jb\\u000ac\\u202ed é 𝄞" + System.lineSeparator(),
                out.toString(StandardCharsets.UTF_8));
        assertEquals("13:00:00 WARN the disk is full" + System.lineSeparator(), err.toString());
    }
}
