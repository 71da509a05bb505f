package demo.trace.agent;

import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.JMException;
import javax.management.ObjectName;

/** The counts behind {@link SpanExportMBean}. Any thread may call. */
public final class SpanExport implements SpanExportMBean {
    private final AtomicLong exported = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private volatile boolean down;
    private volatile String lastError;
    private final CountDownLatch drained = new CountDownLatch(1);
    private final AtomicBoolean registered = new AtomicBoolean();

    void exported(int spans) {
        exported.addAndGet(spans);
        lastError = null;
        down = false;
        register();
    }

    void failed(int spans, Throwable why) {
        failed.addAndGet(spans);
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

    boolean everExported() {
        return registered.get();
    }

    boolean awaitDrained(long millis) {
        try {
            return drained.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public long getExported() {
        return exported.get();
    }

    @Override
    public long getFailed() {
        return failed.get();
    }

    @Override
    public boolean isDown() {
        return down;
    }

    @Override
    public String getLastError() {
        return lastError;
    }

    @Override
    public void drained() {
        drained.countDown();
    }
}
