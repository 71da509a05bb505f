package demo.log;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Makes one write out of all the lines that arrive while another write is under way, or just after it, as databases do
 * with their transactions. Each caller still returns only when its own line has been written.
 *
 * <p>Whatever the sink throws reaches the caller that was writing; every line of that group is settled all the same,
 * and the next group is written as if nothing had happened. A caller's interrupt is kept for the caller.
 *
 * <p>Any thread may call, virtual ones too; none of them owns the writing. Takes no lock and allocates nothing once
 * its lines have been used before.
 *
 * <pre>
 *   caller          leave the line on the stack
 *                     │
 *                     ├─ nobody writes ──▶ become the writer: look a moment for a second line if one is likely, take
 *                     │                    the whole stack, turn it round, hand it to the sink, settle each line;
 *                     │                    once more if somebody sleeps on the stack; stop being the writer, and
 *                     │                    only then wake the sleepers
 *                     │
 *                     └─ somebody does ──▶ look again for a moment, then sleep; return once the line is settled
 * </pre>
 */
final class GroupCommit {
    /** Where the lines go. */
    interface Sink {
        /** Writes a chain of lines in order, or counts what can't be. One call at a time, on varying threads. */
        void commit(Pending first);
    }

    /**
     * How often a caller looks before it sleeps: for a few writes' time. A write takes a microsecond or two, falling
     * asleep and being woken more, so on idle processors looking on is worth a fifth more lines/s; if it takes longer
     * the writer has lost its processor, and looking on would keep it from getting one. A platform thread doesn't
     * yield: Linux sends who yields behind every thread that computes, which on a busy machine halved the lines/s.
     */
    private static final int LOOKS = 200;
    /** A virtual thread that gives way costs little and lets the others of its carrier leave their lines. */
    private static final int VIRTUAL_LOOKS = 20;
    /** Writing for the sleeping is cheaper than waking one of them to do it, but the writer has a caller too. */
    private static final int MAX_ROUNDS = 32;
    private static final long NANOS_BETWEEN_TRIES = 20_000;

    /**
     * How often a writer looks for a second line before it writes the only one, where others have logged during the
     * last write: for longer than it takes to make a line, about a microsecond. Two callers on two processors would else
     * take turns, each waiting for the other's write and then for its own; now they share one, which is worth a quarter
     * more lines/s. PostgreSQL calls this commit_delay.
     */
    private static final int GATHERING_LOOKS = 64;

    private final Sink sink;
    private final AtomicReference<Pending> newest = new AtomicReference<>();
    private final AtomicBoolean writing = new AtomicBoolean();
    /** Whether others have logged during the last write. Guarded by writing. */
    private boolean company;

    GroupCommit(Sink sink) {
        this.sink = sink;
    }

    /** Returns when the line has been written or counted as lost. */
    void write(Pending line) {
        line.settled = false;
        leave(line);
        boolean virtual = Thread.currentThread().isVirtual();
        boolean interrupted = false;
        for (int looks = 0; !line.settled; looks++) {
            if (!writing.get() && writing.compareAndSet(false, true)) {
                writeAll(line.sleepers);
            } else if (looks >= (virtual ? VIRTUAL_LOOKS : LOOKS)) {
                interrupted |= sleep(line);
            } else if (virtual) {
                Thread.yield();
            } else {
                Thread.onSpinWait();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs a task while nothing is written; lines that arrive meanwhile wait for it. */
    void exclusively(Runnable task) {
        while (!writing.compareAndSet(false, true)) {
            LockSupport.parkNanos(this, NANOS_BETWEEN_TRIES);
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

    private void writeAll(Sleepers sleepers) {
        try {
            int rounds = 0;
            do {
                writeGroup(sleepers);
                rounds++;
            } while (rounds < MAX_ROUNDS && isAsleep(newest.get()));
        } finally {
            stopWriting();
            // Not before: whoever wakes may take this thread's processor, and with it the writing.
            sleepers.wake();
        }
    }

    private void writeGroup(Sleepers sleepers) {
        gather();
        Pending oldest = turnedRound(newest.getAndSet(null));
        boolean several = oldest != null && oldest.next != null;
        try {
            if (oldest != null) {
                sink.commit(oldest);
            }
        } finally {
            settle(oldest, sleepers);
        }
        company = several || newest.get() != null;
    }

    private void gather() {
        Pending only = newest.get();
        if (!company || only == null || only.next != null) {
            return;
        }
        for (int looks = 0; looks < GATHERING_LOOKS && newest.get() == only; looks++) {
            Thread.onSpinWait();
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

    private static void settle(Pending chain, Sleepers sleepers) {
        while (chain != null) {
            // Once settled the line is its caller's again, so what follows it is read before. A sleeper found after
            // that may wait for another line already; waking it does no harm.
            Pending rest = chain.next;
            chain.next = null;
            chain.settled = true;
            Thread sleeper = chain.sleeper;
            if (sleeper != null) {
                sleepers.add(sleeper);
            }
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
            LockSupport.unpark(late.sleeper);
        }
    }

    private static boolean isAsleep(Pending line) {
        return line != null && line.sleeper != null;
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
