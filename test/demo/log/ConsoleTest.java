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
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Console console = new Console(new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            InstantSource.fixed(Instant.parse("2024-12-17T12:00:00Z")), ZoneId.of("Europe/Vienna"));

    @Test
    void printsTheLocalTimeAndSeparatesWarnings() {
        console.say("listening on http://127.0.0.1:8000");
        console.warn("the disk is full");

        assertEquals("13:00:00 listening on http://127.0.0.1:8000" + System.lineSeparator(), out.toString());
        assertEquals("13:00:00 WARN the disk is full" + System.lineSeparator(), err.toString());
    }

    @Test
    void escapesControlCharacters() {
        console.say("a\u001b[2Jb\nc\u202ed é 𝄞");

        assertEquals("13:00:00 a\\u001b[2Jb\\u000ac\\u202ed é 𝄞" + System.lineSeparator(),
                out.toString(StandardCharsets.UTF_8));
    }
}
