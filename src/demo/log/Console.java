package demo.log;

import java.io.PrintStream;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Messages for the user at the terminal: one line each, with the local time. Failures of the log are reported here
 * too, because the log cannot report them. A terminal executes control characters, therefore they are escaped.
 *
 * <p>Any thread may call.
 */
public record Console(PrintStream out, PrintStream err, InstantSource clock, ZoneId zone) {
    private static final DateTimeFormatter LOCAL_TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
    private static final Pattern UNSAFE = Pattern.compile("[\\p{Cc}\\p{Cf}]");

    /** This process's standard output and error, in the machine's time zone. */
    public static Console standard(InstantSource clock) {
        return new Console(System.out, System.err, clock, ZoneId.systemDefault());
    }

    /** Prints on standard output. */
    public void say(String text) {
        out.println(line("", text));
    }

    /** Prints a warning on standard error. */
    public void warn(String text) {
        err.println(line("WARN ", text));
    }

    private String line(String kind, String text) {
        return LOCAL_TIME.format(clock.instant().atZone(zone)) + " " + kind + UNSAFE.matcher(text).replaceAll(
                unsafe -> String.format("\\\\u%04x", unsafe.group().codePointAt(0)));
    }
}
