package demo.log;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a rotated file: {@code app.log.2024-12-17_12-00-00}, the second of the rotation in UTC. Further files of
 * the same second end in {@code .1}, {@code .2}; compressed ones in {@code .gz}. Names order as the files were rotated.
 *
 * @param base       the name of the current file
 * @param rotated    a whole second
 * @param sequence   0 for the first file of its second
 * @param compressed whether the name ends in {@code .gz}
 */
record LogFileName(String base, Instant rotated, int sequence, boolean compressed) implements Comparable<LogFileName> {
    private static final DateTimeFormatter SECOND = DateTimeFormatter.ofPattern("uuuu-MM-dd_HH-mm-ss", Locale.ROOT)
            .withZone(ZoneOffset.UTC).withResolverStyle(ResolverStyle.STRICT);
    private static final Pattern AFTER_BASE = Pattern.compile(
            "\\.(\\d{4}-\\d\\d-\\d\\d_\\d\\d-\\d\\d-\\d\\d)(?:\\.([1-9]\\d{0,8}))?(\\.gz)?");
    private static final Comparator<LogFileName> OLDEST_FIRST = Comparator.comparing(LogFileName::base)
            .thenComparing(LogFileName::rotated).thenComparingInt(LogFileName::sequence)
            .thenComparing(LogFileName::compressed);

    /** The name of a file that is rotated now, uncompressed. */
    static LogFileName at(String base, Instant now) {
        return new LogFileName(base, now.truncatedTo(ChronoUnit.SECONDS), 0, false);
    }

    /** Empty for a name that {@link #toString} does not make: such a file is not a rotated file of this log. */
    static Optional<LogFileName> parse(String base, String name) {
        Matcher parts = AFTER_BASE.matcher(name);
        if (!name.startsWith(base) || !parts.region(base.length(), name.length()).matches()) {
            return Optional.empty();
        }
        try {
            int sequence = parts.group(2) == null ? 0 : Integer.parseInt(parts.group(2));
            return Optional.of(new LogFileName(base, SECOND.parse(parts.group(1), Instant::from), sequence,
                    parts.group(3) != null));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    LogFileName nextInSecond() {
        return new LogFileName(base, rotated, sequence + 1, compressed);
    }

    LogFileName asCompressed() {
        return new LogFileName(base, rotated, sequence, true);
    }

    LogFileName asPlain() {
        return new LogFileName(base, rotated, sequence, false);
    }

    Duration age(Instant now) {
        return Duration.between(rotated, now);
    }

    @Override
    public int compareTo(LogFileName other) {
        return OLDEST_FIRST.compare(this, other);
    }

    @Override
    public String toString() {
        return base + "." + SECOND.format(rotated) + (sequence == 0 ? "" : "." + sequence) + (compressed ? ".gz" : "");
    }
}
