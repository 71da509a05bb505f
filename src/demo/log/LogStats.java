package demo.log;

import java.util.Map;

/**
 * A snapshot of what a log has done since it was opened. Both maps contain every key, with 0 from the start.
 *
 * @param written             lines in the file, by level
 * @param dropped             lines that are not in the file, by reason
 * @param bytesWritten        bytes of whole lines
 * @param rotations           current files that were renamed
 * @param rotationFailures    rotations that failed; the current file then grows beyond its limit
 * @param compressions        rotated files that were compressed
 * @param compressionFailures compressions that failed and are retried
 * @param deletedByRetention  rotated files that were deleted because of their age or of the total size
 * @param currentFileBytes    size of the current file
 * @param rotatedFiles        rotated files that exist now, compressed or not
 */
public record LogStats(Map<Level, Long> written, Map<DropReason, Long> dropped, long bytesWritten,
                       long rotations, long rotationFailures, long compressions, long compressionFailures,
                       long deletedByRetention, long currentFileBytes, long rotatedFiles) {

    public long linesWritten() {
        return written.values().stream().mapToLong(Long::longValue).sum();
    }

    public long linesDropped() {
        return dropped.values().stream().mapToLong(Long::longValue).sum();
    }
}
