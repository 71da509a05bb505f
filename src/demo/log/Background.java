package demo.log;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The one thread that works for the log: once a second it looks after it, and in between, or when woken, it compresses,
 * one file at a time, as long as there are any. A task that throws is tried again a second later, and the thread lives on.
 */
final class Background implements AutoCloseable {
    private static final long NANOS_A_ROUND = 1_000_000_000L;
    private static final long MILLIS_TO_END = 5_000;

    private final Runnable lookAfter;
    private final BooleanSupplier compressNext;
    private final Thread thread = Thread.ofPlatform().name("log-background").daemon().unstarted(this::run);
    private volatile boolean stopped;

    Background(Runnable lookAfter, BooleanSupplier compressNext) {
        this.lookAfter = lookAfter;
        this.compressNext = compressNext;
    }

    void start() {
        thread.start();
    }

    boolean isStopped() {
        return stopped;
    }

    /** There is something to do before the second is over. */
    void wake() {
        LockSupport.unpark(thread);
    }

    private void run() {
        long nextLook = System.nanoTime();
        while (!stopped) {
            if (System.nanoTime() - nextLook >= 0) {
                nextLook = System.nanoTime() + NANOS_A_ROUND;
                attempt(lookAfter);
            }
            if (!attemptCompression()) {
                LockSupport.parkNanos(this, Math.max(1, nextLook - System.nanoTime()));
            }
        }
    }

    private void attempt(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            report(e);
        }
    }

    private boolean attemptCompression() {
        try {
            return compressNext.getAsBoolean();
        } catch (RuntimeException | Error e) {
            report(e);
            return false;
        }
    }

    private void report(Throwable e) {
        thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
    }

    /** Gives up a compression under way, which leaves nothing behind, and waits for the thread. */
    @Override
    public void close() {
        stopped = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        try {
            thread.join(MILLIS_TO_END);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
