package demo.log;

import java.time.Instant;
import java.util.Map;

/**
 * What a log has done since it was opened; every count only grows, but for the first and the last two fields.
 *
 * @param opened              when its process took hold of the file; what is older in it is others'
 * @param written             lines in the file, by level
 * @param lost                lines that are not, by reason
 * @param bytesWritten        of whole lines
 * @param rotations           files that got their own name
 * @param rotationFailures    times the current file had to go on past its size or age
 * @param compressions        files that became a .gz
 * @param compressionFailures attempts that are tried again later
 * @param deletedByRetention  files that were too old
 * @param currentFileBytes    the size of the current file now
 * @param rotatedFiles        rotated files kept now, compressed or not
 */
public record LogStats(Instant opened, Map<Level, Long> written, Map<Loss, Long> lost, long bytesWritten,
                       long rotations, long rotationFailures, long compressions, long compressionFailures,
                       long deletedByRetention, long currentFileBytes, long rotatedFiles) {
    public LogStats {
        written = Map.copyOf(written);
        lost = Map.copyOf(lost);
    }

    public long linesWritten() {
        return written.values().stream().mapToLong(Long::longValue).sum();
    }

    public long linesLost() {
        return lost.values().stream().mapToLong(Long::longValue).sum();
    }
}
