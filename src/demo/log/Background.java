package demo.log;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The one thread that works for the log: once a second it looks after it, and ten times a second it sees whether there
 * is a file to make or to compress, one after the other as long as there are any. Nobody wakes it: on a busy processor
 * whoever did so would have to give way to it. A task that throws is tried again a second later, and the thread lives on.
 */
final class Background implements AutoCloseable {
    private static final long NANOS_A_LOOK = 1_000_000_000L;
    private static final long NANOS_A_PAUSE = 100_000_000L;
    private static final long MILLIS_TO_END = 5_000;

    private final Runnable lookAfter;
    private final BooleanSupplier work;
    private final Thread thread = Thread.ofPlatform().name("log-background").daemon().unstarted(this::run);
    private volatile boolean stopped;

    Background(Runnable lookAfter, BooleanSupplier work) {
        this.lookAfter = lookAfter;
        this.work = work;
    }

    void start() {
        thread.start();
    }

    boolean isStopped() {
        return stopped;
    }

    private void run() {
        long nextLook = System.nanoTime();
        while (!stopped) {
            if (System.nanoTime() - nextLook >= 0) {
                nextLook = System.nanoTime() + NANOS_A_LOOK;
                attempt(lookAfter);
            }
            if (!attemptWork()) {
                LockSupport.parkNanos(this, NANOS_A_PAUSE);
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

    private boolean attemptWork() {
        try {
            return work.getAsBoolean();
        } catch (RuntimeException | Error e) {
            report(e);
            LockSupport.parkNanos(this, NANOS_A_LOOK);
            return true;
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
