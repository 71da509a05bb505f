package demo.log;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

/**
 * The settings of a log.
 *
 * @param file             the current log file; rotated files are in the same folder
 * @param level            the lowest level that is written
 * @param service          the value of each line's field {@code service}
 * @param rotationBytes    the file is rotated before the line that would exceed this size; at least 1,000
 * @param rotationAge      the file is rotated when its first line is this old; at least 1 s
 * @param retention        rotated files older than this are deleted, except the newest; at least 1 s
 * @param retentionBytes   while the rotated files are larger than this in total, the oldest is deleted, except the
 *                         newest; at least twice {@code rotationBytes}
 * @param compressionDelay how long a rotated file stays uncompressed, so that a collector can finish it; may be zero
 */
public record LogSettings(Path file, Level level, String service, long rotationBytes, Duration rotationAge,
                          Duration retention, long retentionBytes, Duration compressionDelay) {

    public LogSettings {
        Objects.requireNonNull(level, "level");
        Objects.requireNonNull(service, "service");
        check(file.getFileName() != null, "file", file, "a path with a file name");
        check(rotationBytes >= 1_000, "rotationBytes", rotationBytes, "at least 1000");
        check(rotationAge.toSeconds() >= 1, "rotationAge", rotationAge, "at least 1 s");
        check(retention.toSeconds() >= 1, "retention", retention, "at least 1 s");
        check(retentionBytes / 2 >= rotationBytes, "retentionBytes", retentionBytes, "at least twice rotationBytes");
        check(!compressionDelay.isNegative(), "compressionDelay", compressionDelay, "at least 0 s");
    }

    private static void check(boolean valid, String name, Object value, String rule) {
        if (!valid) {
            throw new IllegalArgumentException(name + " must be " + rule + ", was " + value);
        }
    }

    LogSettings withFile(Path newFile) {
        return new LogSettings(newFile, level, service, rotationBytes, rotationAge, retention, retentionBytes,
                compressionDelay);
    }

    /** INFO; rotation at 10 MB or 24 h; retention of 7 days or 1 GB; compression after 15 minutes. */
    public static LogSettings of(Path file, String service) {
        return new LogSettings(file, Level.INFO, service, 10_000_000, Duration.ofHours(24), Duration.ofDays(7),
                1_000_000_000, Duration.ofMinutes(15));
    }
}
