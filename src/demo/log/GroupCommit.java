package demo.log;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Makes one write out of all the lines that arrive while another write is under way, as databases do with their
 * transactions. Each caller still returns only when its own line has been written.
 *
 * <p>Whatever the sink throws reaches the caller that was writing; every line of that group is settled all the same,
 * and the next group is written as if nothing had happened. A caller's interrupt is kept for the caller.
 *
 * <p>Any thread may call, virtual ones too; none of them owns the writing. Takes no lock and allocates nothing.
 *
 * <pre>
 *   caller          leave the line on the stack
 *                     │
 *                     ├─ nobody writes ──▶ become the writer: take the whole stack, turn it round,
 *                     │                    hand it to the sink, settle each line, wake the sleepers,
 *                     │                    stop being the writer, wake one whose line came too late
 *                     │
 *                     └─ somebody does ──▶ look again for a moment, let others run, then sleep;
 *                                          return once the own line is settled
 * </pre>
 */
final class GroupCommit {
    /** Where the lines go. */
    interface Sink {
        /** Writes a chain of lines in order, or counts what can't be. One call at a time, on varying threads. */
        void commit(Pending first);
    }

    /** A write takes a microsecond or two, less than going to sleep; only then is the processor given away. */
    private static final int LOOKS = 100;
    private static final int YIELDS = 20;

    private final Sink sink;
    private final AtomicReference<Pending> newest = new AtomicReference<>();
    private final AtomicBoolean writing = new AtomicBoolean();

    GroupCommit(Sink sink) {
        this.sink = sink;
    }

    /** Returns when the line has been written or counted as lost. */
    void write(Pending line) {
        line.settled = false;
        leave(line);
        boolean interrupted = false;
        for (int tries = 0; !line.settled; tries++) {
            if (!writing.get() && writing.compareAndSet(false, true)) {
                lead();
            } else if (tries < LOOKS) {
                Thread.onSpinWait();
            } else if (tries < LOOKS + YIELDS) {
                Thread.yield();
            } else {
                interrupted |= sleep(line);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs a task while nothing is written; lines that arrive meanwhile wait for it. */
    void exclusively(Runnable task) {
        while (!writing.compareAndSet(false, true)) {
            Thread.yield();
        }
        try {
            task.run();
        } finally {
            stopWriting();
        }
    }

    private void leave(Pending line) {
        Pending before;
        do {
            before = newest.get();
            line.next = before;
        } while (!newest.compareAndSet(before, line));
    }

    private void lead() {
        Pending oldest = turnedRound(newest.getAndSet(null));
        try {
            if (oldest != null) {
                sink.commit(oldest);
            }
        } finally {
            settle(oldest);
            stopWriting();
        }
    }

    private static Pending turnedRound(Pending chain) {
        Pending turned = null;
        while (chain != null) {
            Pending rest = chain.next;
            chain.next = turned;
            turned = chain;
            chain = rest;
        }
        return turned;
    }

    private static void settle(Pending chain) {
        while (chain != null) {
            // Once settled the line is its caller's again, so what follows it is read before.
            Pending rest = chain.next;
            chain.next = null;
            chain.settled = true;
            wake(chain);
            chain = rest;
        }
    }

    /**
     * A line left after the writer took the stack may have a sleeper that saw {@code writing} still set. The newest
     * one is enough: either its caller sleeps and is woken here, or it is awake and will see that nobody writes.
     */
    private void stopWriting() {
        writing.set(false);
        Pending late = newest.get();
        if (late != null) {
            wake(late);
        }
    }

    private static void wake(Pending line) {
        Thread sleeper = line.sleeper;
        if (sleeper != null) {
            LockSupport.unpark(sleeper);
        }
    }

    /** Returns whether the thread was interrupted meanwhile; park would not wait at all with that still set. */
    private boolean sleep(Pending line) {
        line.sleeper = Thread.currentThread();
        if (!line.settled && writing.get()) {
            LockSupport.park(this);
        }
        line.sleeper = null;
        return Thread.interrupted();
    }
}
