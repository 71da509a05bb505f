package demo.log;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Collectors;

/** The counts behind {@link LogStats}. Any thread may call: a scrape must not wait for a write that hangs. */
final class Counters {
    private final AtomicLongArray written = new AtomicLongArray(Level.values().length);
    private final AtomicLongArray dropped = new AtomicLongArray(DropReason.values().length);
    private final AtomicLong bytesWritten = new AtomicLong();
    final AtomicLong currentFileBytes = new AtomicLong();
    final AtomicLong rotations = new AtomicLong();
    final AtomicLong rotationFailures = new AtomicLong();
    final AtomicLong compressions = new AtomicLong();
    final AtomicLong compressionFailures = new AtomicLong();
    final AtomicLong deletedByRetention = new AtomicLong();

    void written(Level level, int bytes) {
        written.incrementAndGet(level.ordinal());
        bytesWritten.addAndGet(bytes);
    }

    void dropped(DropReason reason) {
        dropped.incrementAndGet(reason.ordinal());
    }

    LogStats stats(long rotatedFiles) {
        return new LogStats(byKey(Level.values(), written), byKey(DropReason.values(), dropped),
                bytesWritten.get(), rotations.get(), rotationFailures.get(), compressions.get(),
                compressionFailures.get(), deletedByRetention.get(), currentFileBytes.get(), rotatedFiles);
    }

    private static <E extends Enum<E>> Map<E, Long> byKey(E[] keys, AtomicLongArray counts) {
        return Arrays.stream(keys).collect(Collectors.toUnmodifiableMap(key -> key, key -> counts.get(key.ordinal())));
    }
}
