package demo.tools.traffic;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The open loop: visits begin when they are due, whether earlier ones were answered or not, as people come to a shop
 * without asking how the kitchen does. Latency counts from the moment a visit was <em>due</em>, so the wait that a
 * stalled service causes to everybody behind is in the figures (a closed loop leaves it out: coordinated omission).
 *
 * <p>A visit that would be one too many under way is counted as not sent; a visit without an answer is counted by its
 * reason; neither ends the run. {@link #run} belongs to one thread, {@link #stop} and {@link #inFlight} to any.
 *
 * <pre>
 *   arrivals ── due ──▶ room in flight? ── yes ──▶ a virtual thread: request, answer ──▶ answered, or failed by reason
 *                             └── no ──▶ not sent
 * </pre>
 */
final class Generator {
    /** Before the service is there: how long until it is asked again, and until somebody is told that we wait. */
    private static final Duration PATIENCE = Duration.ofMillis(250);
    private static final Duration QUIET = Duration.ofSeconds(10);
    /** How long visits under way may take to finish after {@link #stop}. */
    private static final Duration LAST_ORDERS = Duration.ofSeconds(2);
    private static final long LOOK_MILLIS = 50;

    private final Arrivals arrivals;
    private final Shop shop;
    private final Connections connections;
    private final Tallies tallies;
    private final int mostInFlight;
    private final Semaphore room;
    private volatile Thread runner;
    private volatile boolean stopped;
    /** The run is over: what has no answer by now is unfinished, whatever its connection says. */
    private volatile boolean cut;

    Generator(Arrivals arrivals, Shop shop, Connections connections, Tallies tallies, int mostInFlight) {
        this.arrivals = arrivals;
        this.shop = shop;
        this.connections = connections;
        this.tallies = tallies;
        this.mostInFlight = mostInFlight;
        room = new Semaphore(mostInFlight);
    }

    /**
     * Waits until the service serves its menu and, for {@code lookups}, took an order. What is asked for here is in no
     * tally. After 10 s {@code told} hears once what it waits for.
     *
     * @return false when it was stopped first
     */
    boolean awaitService(boolean lookups, Consumer<String> told) {
        runner = Thread.currentThread();
        long due = System.nanoTime();
        long tellAt = due + QUIET.toNanos();
        while (!stopped) {
            var missing = missing(lookups);
            if (missing == null) {
                return true;
            }
            due += PATIENCE.toNanos();
            if (due >= tellAt) {
                told.accept(missing);
                tellAt = Long.MAX_VALUE;
            }
            waitUntil(due);
        }
        return false;
    }

    /** What the service does not do yet, or null. */
    private String missing(boolean lookups) {
        try {
            if (!shop.knowsMenu()) {
                var answer = connections.exchange(shop.request(Kind.MENU, 0), true, true);
                if (answer.status() != 200) {
                    return "GET /menu answers " + answer.status();
                }
                shop.learnMenu(answer.body());
            }
            if (lookups && !shop.knowsAnOrder()) {
                var answer = connections.exchange(shop.request(Kind.ORDER, 0), false, false);
                if (answer.status() != 201 || answer.location() == null) {
                    return "POST /orders answers " + answer.status() + (answer.status() == 201 ? " without Location" : "");
                }
                shop.learnOrder(answer.location());
            }
            return null;
        } catch (IOException e) {
            return Failure.of(e) + " (" + e.getMessage() + ")";
        }
    }

    /**
     * Makes the visits that are due within {@code length} (zero: until {@link #stop}), then waits up to {@code drain}
     * for those under way (2 s after a stop); what is unfinished then is cut off and counted so.
     *
     * @return how long visits were made
     */
    Duration run(Duration length, Duration drain) {
        runner = Thread.currentThread();
        long start = System.nanoTime();
        long end = length.isZero() ? Long.MAX_VALUE : length.toNanos();
        var next = arrivals.next();
        while (next.atNanos() < end && waitUntil(start + next.atNanos())) {
            begin(next, start + next.atNanos());
            next = arrivals.next();
        }
        if (!stopped) {
            waitUntil(start + end);
        }
        var took = Duration.ofNanos(System.nanoTime() - start);
        awaitAnswers(drain);
        return took;
    }

    /** Ends {@link #awaitService} or {@link #run} early. */
    void stop() {
        stopped = true;
        LockSupport.unpark(runner);
    }

    int inFlight() {
        return mostInFlight - room.availablePermits();
    }

    private void begin(Arrival arrival, long dueNanos) {
        var tally = tallies.of(arrival.kind());
        if (!room.tryAcquire()) {
            tally.notSent();
            return;
        }
        Thread.startVirtualThread(() -> {
            try {
                tallies.lateness().record(System.nanoTime() - dueNanos);
                visit(arrival, dueNanos, tally);
            } finally {
                room.release();
            }
        });
    }

    private void visit(Arrival arrival, long dueNanos, Tally tally) {
        var kind = arrival.kind();
        boolean repeatable = kind == Kind.MENU || kind == Kind.LOOKUP;
        try {
            var answer = connections.exchange(shop.request(kind, arrival.choice()), repeatable, false);
            tally.answered(answer.status(), System.nanoTime() - dueNanos);
            if (kind == Kind.ORDER && answer.status() == 201 && answer.location() != null) {
                shop.learnOrder(answer.location());
            }
        } catch (IOException e) {
            tally.failed(cut ? Failure.UNFINISHED : Failure.of(e));
        }
    }

    /** @return false when it was stopped */
    private boolean waitUntil(long nanos) {
        for (long left = nanos - System.nanoTime(); left > 0 && !stopped; left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
        }
        return !stopped;
    }

    private void awaitAnswers(Duration drain) {
        long start = System.nanoTime();
        while (!allBack(LOOK_MILLIS)) {
            var most = stopped && drain.compareTo(LAST_ORDERS) > 0 ? LAST_ORDERS : drain;
            if (System.nanoTime() - start >= most.toNanos()) {
                cut = true;
                connections.close();
                allBack(Duration.ofSeconds(1).toMillis());
                return;
            }
        }
    }

    private boolean allBack(long millis) {
        try {
            return room.tryAcquire(mostInFlight, millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts the generator", e);
        }
    }
}
