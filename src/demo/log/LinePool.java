package demo.log;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/**
 * Lines that wait to be used again, so that a log that has warmed up makes no new ones. Not a {@link ThreadLocal}:
 * a virtual thread lives for one request, and a buffer each would be garbage each.
 *
 * <p>When more lines are in use than there are places, new ones are made, and thrown away afterwards. A line whose
 * array has grown past 16 KiB is thrown away too: one huge message must not be paid for ever.
 *
 * <p>Any thread may call. A thread begins to look at a place of its own, so threads seldom meet.
 */
final class LinePool {
    private static final int PLACES = 128;
    private static final int MAX_KEPT_BYTES = 16 * 1024;

    private final AtomicReferenceArray<LogEvent> places = new AtomicReferenceArray<>(PLACES);
    private final Supplier<LogEvent> maker;

    LinePool(Supplier<LogEvent> maker) {
        this.maker = maker;
    }

    LogEvent take() {
        int home = home();
        for (int i = 0; i < PLACES; i++) {
            int place = home + i & PLACES - 1;
            if (places.getPlain(place) != null) {
                LogEvent line = places.getAndSet(place, null);
                if (line != null) {
                    return line;
                }
            }
        }
        return maker.get();
    }

    void giveBack(LogEvent line) {
        if (line.text.bytes().length > MAX_KEPT_BYTES) {
            return;
        }
        int home = home();
        for (int i = 0; i < PLACES; i++) {
            int place = home + i & PLACES - 1;
            if (places.getPlain(place) == null && places.compareAndSet(place, null, line)) {
                return;
            }
        }
    }

    /** Neighbouring ids are more than a cache line apart, which holds sixteen references. */
    private static int home() {
        return (int) Thread.currentThread().threadId() * 17;
    }
}
