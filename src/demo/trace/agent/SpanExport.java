package demo.trace.agent;

import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * The counts behind {@link SpanExportMBean}. Any thread may call.
 *
 * <p>The agent gives up spans silently where its queue is full: how many is what ended, less what was exported, failed
 * or may still wait. Never more than it was, and less by at most what the queue holds.
 */
public final class SpanExport implements SpanExportMBean {
    private final LongAdder ended = new LongAdder();
    private final AtomicLong overflowed = new AtomicLong();
    private volatile int waitingAtMost;
    private final AtomicLong exported = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private volatile boolean down;
    private volatile String lastError;
    private final AtomicBoolean registered = new AtomicBoolean();

    /** @param spans how many the queue and the batch under way hold */
    void waitingAtMost(int spans) {
        waitingAtMost = spans;
    }

    void ended() {
        ended.increment();
    }

    void exported(int spans) {
        exported.addAndGet(spans);
        boolean tooSlow = overflow();
        lastError = tooSlow ? "the endpoint is too slow: more spans end than it takes" : null;
        down = tooSlow;
        register();
    }

    /** Whether more were given up since the last batch. */
    private boolean overflow() {
        long lost = ended.sum() - exported.get() - failed.get() - waitingAtMost;
        return lost > overflowed.getAndAccumulate(lost, Math::max);
    }

    void failed(int spans, Throwable why) {
        failed.addAndGet(spans);
        overflow();
        lastError = why == null ? "the endpoint refused them" : why.toString();
        down = true;
        register();
    }

    /** At the first batch, not at the start: JMX needs a tenth of a second to wake up. */
    private void register() {
        if (registered.compareAndSet(false, true)) {
            try {
                ManagementFactory.getPlatformMBeanServer()
                        .registerMBean(this, new ObjectName("demo.trace:type=SpanExport"));
            } catch (JMException e) {
                System.err.println("trace: the export of spans can't be watched: " + e);
            }
        }
    }

    @Override
    public long getExported() {
        return exported.get();
    }

    @Override
    public long getFailed() {
        return failed.get() + overflowed.get();
    }

    @Override
    public boolean isDown() {
        return down;
    }

    @Override
    public String getLastError() {
        return lastError;
    }
}
