package demo.metrics;

import java.time.Instant;
import java.util.Map;

/** What the log pipeline counts of itself: the shape this room needs, filled by whoever starts things. */
public record LogCounts(Instant opened, Map<String, Long> writtenByLevel, Map<String, Long> droppedByReason, long bytesWritten,
                        long rotations, long rotationFailures, long compressions, long compressionFailures,
                        long filesDeleted, long fileBytes, long rotatedFiles) {
}
