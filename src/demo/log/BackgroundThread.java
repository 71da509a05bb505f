package demo.log;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The thread for work that no caller of the log should wait for. It polls: a wake-up for each rotation would cost the
 * writing threads more. A task that throws is repeated a second later.
 */
final class BackgroundThread implements AutoCloseable {
    private static final long POLL_NANOS = 100_000_000;
    private static final long CHECK_NANOS = 1_000_000_000;
    private static final long MAX_JOIN_MILLIS = 1_000;

    private final Runnable check;
    private final BooleanSupplier work;
    private final Thread thread = Thread.ofPlatform().name("log-background").daemon().unstarted(this::run);
    private long nextCheckNanos = System.nanoTime();
    private volatile boolean stopped;

    /**
     * @param check runs once a second
     * @param work  runs again at once if it returns true, else at the next poll; calls {@link #betweenChunks} in a long
     *              task
     */
    BackgroundThread(Runnable check, BooleanSupplier work) {
        this.check = check;
        this.work = work;
    }

    void start() {
        thread.start();
    }

    private void run() {
        boolean more = false;
        while (!stopped) {
            if (!more) {
                LockSupport.parkNanos(POLL_NANOS);
            }
            try {
                more = betweenChunks() && work.getAsBoolean();
            } catch (RuntimeException | Error e) {
                more = false;
                LockSupport.parkNanos(CHECK_NANOS);
                thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
            }
        }
    }

    /** Runs the check if it is due; false if the task should be aborted. */
    boolean betweenChunks() {
        if (System.nanoTime() - nextCheckNanos >= 0) {
            nextCheckNanos = System.nanoTime() + CHECK_NANOS;
            check.run();
        }
        return !stopped;
    }

    /** Stops the thread and waits at most a second for it. */
    @Override
    public void close() {
        stopped = true;
        LockSupport.unpark(thread);
        boolean interrupted = Thread.interrupted();
        try {
            thread.join(MAX_JOIN_MILLIS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
