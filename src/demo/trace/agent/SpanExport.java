package demo.trace.agent;

import java.lang.management.ManagementFactory;
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
}
