package demo.log;

import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What the log has done so far. Any thread may read; a line's counts are written by whoever writes the line, so they
 * need no atomic addition, and the others are rare.
 */
final class Counters {
    private volatile Instant opened = Instant.EPOCH;
    private final AtomicLongArray written = new AtomicLongArray(Level.values().length);
    private final AtomicLongArray lost = new AtomicLongArray(DropReason.values().length);
    private final AtomicLong bytesWritten = new AtomicLong();
    private final AtomicLong currentBytes = new AtomicLong();
    final AtomicLong rotations = new AtomicLong();
    final AtomicLong rotationFailures = new AtomicLong();
    final AtomicLong compressions = new AtomicLong();
    final AtomicLong compressionFailures = new AtomicLong();
    final AtomicLong deletedByRetention = new AtomicLong();

    void opened(Instant now) {
        opened = now;
    }

    /** One thread at a time. */
    void written(Level level, int bytes) {
        written.setRelease(level.ordinal(), written.getPlain(level.ordinal()) + 1);
        bytesWritten.setRelease(bytesWritten.getPlain() + bytes);
    }

    /** One thread at a time. */
    void currentBytes(long bytes) {
        currentBytes.setRelease(bytes);
    }

    void lost(DropReason reason, long lines) {
        lost.addAndGet(reason.ordinal(), lines);
    }

    LogStats stats(long rotatedFiles) {
        var byLevel = new EnumMap<Level, Long>(Level.class);
        for (Level level : Level.values()) {
            byLevel.put(level, written.get(level.ordinal()));
        }
        Map<DropReason, Long> byReason = new EnumMap<>(DropReason.class);
        for (DropReason reason : DropReason.values()) {
            byReason.put(reason, lost.get(reason.ordinal()));
        }
        return new LogStats(opened, byLevel, byReason, bytesWritten.get(), rotations.get(), rotationFailures.get(),
                compressions.get(), compressionFailures.get(), deletedByRetention.get(), currentBytes.get(),
                rotatedFiles);
    }
}
