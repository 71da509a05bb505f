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
 * @param rotationAge      the file is rotated when its first line is this old
 * @param retention        rotated files older than this are deleted, except the newest
 * @param retentionBytes   while the rotated files are larger than this in total, the oldest is deleted, except the
 *                         newest; at least twice {@code rotationBytes}
 * @param compressionDelay how long a rotated file stays uncompressed, so that a collector can finish it; may be zero
 */
public record LogSettings(Path file, Level level, String service, long rotationBytes, Duration rotationAge,
                          Duration retention, long retentionBytes, Duration compressionDelay) {

    private static final long MIN_ROTATION_BYTES = 1_000;

    public LogSettings {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(level, "level");
        Objects.requireNonNull(service, "service");
        if (file.getFileName() == null) {
            throw new IllegalArgumentException("the log file must have a name, was " + file);
        }
        if (rotationBytes < MIN_ROTATION_BYTES) {
            throw new IllegalArgumentException("the rotation size must be at least " + MIN_ROTATION_BYTES
                    + " bytes, was " + rotationBytes);
        }
        if (rotationAge.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("the rotation age must be at least 1 s, was " + rotationAge);
        }
        if (retention.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("the retention must be at least 1 s, was " + retention);
        }
        if (retentionBytes / 2 < rotationBytes) {
            throw new IllegalArgumentException("the retention size must be at least twice the rotation size ("
                    + rotationBytes + " bytes), was " + retentionBytes);
        }
        if (compressionDelay.isNegative()) {
            throw new IllegalArgumentException("the compression delay must not be negative, was " + compressionDelay);
        }
    }

    /** INFO; rotation at 10 MB or 24 h; retention of 7 days or 1 GB; compression after 15 minutes. */
    public static LogSettings of(Path file, String service) {
        return new LogSettings(file, Level.INFO, service, 10_000_000, Duration.ofHours(24), Duration.ofDays(7),
                1_000_000_000, Duration.ofMinutes(15));
    }
}
