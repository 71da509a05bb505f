package demo.log;

import java.io.OutputStream;
import java.io.PrintStream;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Objects;

/**
 * The output for people: one readable line with the local time, apart from the log file. What goes wrong with the
 * log itself is told here too, because the log can't.
 *
 * <p>A terminal obeys control characters, so they are shown as {@code \}{@code u001b} and never sent.
 * A stream that fails is ignored, as {@link PrintStream} does.
 *
 * <p>Any thread may call.
 */
public final class Console {
    private static final DateTimeFormatter LOCAL_TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

    private final PrintStream out;
    private final PrintStream err;
    private final InstantSource clock;
    private final ZoneId zone;

    public Console(PrintStream out, PrintStream err, InstantSource clock, ZoneId zone) {
        this.out = Objects.requireNonNull(out, "out");
        this.err = Objects.requireNonNull(err, "err");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.zone = Objects.requireNonNull(zone, "zone");
    }

    /** This process's standard output and error, in the machine's time zone. */
    public static Console standard(InstantSource clock) {
        return new Console(System.out, System.err, clock, ZoneId.systemDefault());
    }

    /** Says nothing. */
    public static Console silent() {
        var nowhere = new PrintStream(OutputStream.nullOutputStream());
        return new Console(nowhere, nowhere, InstantSource.system(), ZoneId.of("Z"));
    }

    /** Something a person may want to know, on standard output. */
    public void say(String text) {
        out.println(line("", text));
    }

    /** Something a person should look at, on standard error. */
    public void warn(String text) {
        err.println(line("WARN ", text));
    }

    private String line(String kind, String text) {
        var line = new StringBuilder(LOCAL_TIME.format(clock.instant().atZone(zone))).append(' ').append(kind);
        text.codePoints().forEach(c -> {
            if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                line.append(String.format("\\u%04x", c));
            } else {
                line.appendCodePoint(c);
            }
        });
        return line.toString();
    }
}
