package demo.log;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

/**
 * What can be set about a log.
 *
 * @param file             the current log; rotated ones lie beside it
 * @param level            the least level that is written
 * @param service          the name every line carries
 * @param rotationBytes    a file is rotated before the line that would take it past this size; at least 1,000
 * @param rotationAge      a file is rotated when its first line is this old, though nothing is written any more
 * @param retention        a rotated file is deleted when its name is this old; the newest never is
 * @param compressionDelay how long a rotated file keeps its plain name, so that a follower can finish it; may be zero
 */
public record LogSettings(Path file, Level level, String service, long rotationBytes, Duration rotationAge,
                          Duration retention, Duration compressionDelay) {

    static final long LEAST_ROTATION_BYTES = 1_000;

    public LogSettings {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(level, "level");
        Objects.requireNonNull(service, "service");
        if (file.getFileName() == null) {
            throw new IllegalArgumentException("the log file must have a name, was " + file);
        }
        if (rotationBytes < LEAST_ROTATION_BYTES) {
            throw new IllegalArgumentException("the rotation size must be at least " + LEAST_ROTATION_BYTES
                    + " bytes, was " + rotationBytes);
        }
        if (rotationAge.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("the rotation age must be at least 1 s, was " + rotationAge);
        }
        if (retention.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("the retention must be at least 1 s, was " + retention);
        }
        if (compressionDelay.isNegative()) {
            throw new IllegalArgumentException("the compression delay must not be negative, was " + compressionDelay);
        }
    }
}
