package demo.log;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a rotated file, which says when it was rotated, to the second, in UTC: {@code
 * app.log.2024-12-17_12-00-00}. A second one of the same second has {@code .1} at the end, a compressed one {@code
 * .gz} after that. Names order as their files were rotated.
 *
 * @param base       the current file's name
 * @param rotated    a whole second
 * @param copy       0 for the first of its second
 * @param compressed whether it ends with {@code .gz}
 */
record LogFileName(String base, Instant rotated, int copy, boolean compressed) implements Comparable<LogFileName> {
    private static final DateTimeFormatter SECOND = DateTimeFormatter.ofPattern("uuuu-MM-dd_HH-mm-ss", Locale.ROOT)
            .withZone(ZoneOffset.UTC).withResolverStyle(ResolverStyle.STRICT);
    private static final Pattern AFTER_BASE = Pattern.compile(
            "\\.(\\d{4}-\\d\\d-\\d\\d_\\d\\d-\\d\\d-\\d\\d)(?:\\.([1-9]\\d{0,8}))?(\\.gz)?");
    private static final Comparator<LogFileName> OLDEST_FIRST = Comparator.comparing(LogFileName::base)
            .thenComparing(LogFileName::rotated).thenComparingInt(LogFileName::copy)
            .thenComparing(LogFileName::compressed);

    private static final int DATE_END = "2024-12-17".length();
    private static final int HOUR_END = "2024-12-17T12".length();
    private static final int MINUTE_END = "2024-12-17T12:00".length();

    LogFileName {
        if (copy < 0) {
            throw new IllegalArgumentException("a copy's number must be at least 0, was " + copy);
        }
        rotated = rotated.truncatedTo(ChronoUnit.SECONDS);
    }

    /** The plain name of a file rotated now. */
    static LogFileName at(String base, Instant now) {
        return new LogFileName(base, now, 0, false);
    }

    /** Empty for a name that this class would not have made: such a file is somebody else's. */
    static Optional<LogFileName> parse(String base, String name) {
        if (!name.startsWith(base)) {
            return Optional.empty();
        }
        Matcher parts = AFTER_BASE.matcher(name).region(base.length(), name.length());
        if (!parts.matches()) {
            return Optional.empty();
        }
        try {
            Instant rotated = SECOND.parse(parts.group(1), Instant::from);
            int copy = parts.group(2) == null ? 0 : Integer.parseInt(parts.group(2));
            return Optional.of(new LogFileName(base, rotated, copy, parts.group(3) != null));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    LogFileName nextCopy() {
        return new LogFileName(base, rotated, copy + 1, compressed);
    }

    LogFileName asCompressed() {
        return new LogFileName(base, rotated, copy, true);
    }

    LogFileName asPlain() {
        return new LogFileName(base, rotated, copy, false);
    }

    @Override
    public int compareTo(LogFileName other) {
        return OLDEST_FIRST.compare(this, other);
    }

    /** The file's name. A rotation makes it while others wait, so not by the formatter, which is slow while it is cold. */
    @Override
    public String toString() {
        var text = new byte[UtcSecond.LENGTH];
        var second = new UtcSecond();
        second.set(rotated.getEpochSecond());
        second.copyTo(text, 0);
        text[DATE_END] = '_';
        text[HOUR_END] = '-';
        text[MINUTE_END] = '-';
        return base + "." + new String(text, StandardCharsets.ISO_8859_1) + (copy == 0 ? "" : "." + copy) + (compressed ? ".gz" : "");
    }
}
