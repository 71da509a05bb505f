package demo.tools.traffic;

import demo.tools.traffic.Mix.Kind;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * An open loop: each visit starts when it is due, whether earlier visits have a response or not. Latency counts from
 * the due time. So when the service stalls, the delay of the visits behind the stall is part of the percentiles; a
 * closed loop omits it (coordinated omission).
 *
 * <p>A visit that would exceed the limit of visits in flight is counted as not sent. A visit without a response is
 * counted by its reason. Neither ends the run.
 *
 * <p>{@link #awaitService} and {@link #run} belong to one thread; each visit has a virtual thread. Any thread may call
 * {@link #stop} and {@link #inFlight}.
 *
 * <pre>
 *   arrivals ── due ──▶ slot free? ── yes ──▶ virtual thread: request, response ──▶ status class, or reason for none
 *                           └── no ──▶ not sent
 * </pre>
 */
final class Generator {
    private static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(10);
    private static final long POLL_NANOS = 250_000_000;
    /** How long visits in flight may continue after {@link #stop}. */
    private static final Duration STOP_GRACE = Duration.ofMillis(500);

    private final Arrivals arrivals;
    private final Requests requests;
    private final HttpClient client;
    private final Map<Kind, Results> results;
    private final int maxInFlight;
    private final Semaphore slots;
    private final ExecutorService visits = Executors.newVirtualThreadPerTaskExecutor();
    private volatile Thread runner;
    private volatile boolean stopped;

    Generator(Arrivals arrivals, Requests requests, Map<Kind, Results> results, int maxInFlight) {
        this.arrivals = arrivals;
        this.requests = requests;
        this.results = results;
        this.maxInFlight = maxInFlight;
        slots = new Semaphore(maxInFlight);
        // Without a proxy: the target is the service itself.
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).proxy(HttpClient.Builder.NO_PROXY)
                .executor(Thread::startVirtualThread).build();
    }

    /**
     * Polls for at most {@code limit} until the service accepts an order. These requests are not counted.
     *
     * @return null when the service is ready or {@link #stop} was called, else what is missing
     */
    String awaitService(Duration limit) throws InterruptedException {
        runner = Thread.currentThread();
        long end = System.nanoTime() + limit.toNanos();
        var missing = missing(0);
        for (int poll = 1; missing != null && System.nanoTime() + POLL_NANOS < end
                && waitUntil(System.nanoTime() + POLL_NANOS); poll++) {
            missing = missing(poll);
        }
        return stopped ? null : missing;
    }

    /** @param item may be out of stock, so each poll orders the next one */
    private String missing(int item) throws InterruptedException {
        try {
            var order = send(requests.of(Kind.ORDER, item));
            rememberOrder(order);
            return order.statusCode() == 201 ? null : "POST /orders responds with " + order.statusCode();
        } catch (IOException | TimeoutException e) {
            return Outcome.of(e).toString();
        }
    }

    /**
     * Makes the visits that are due within {@code length} (zero: until {@link #stop}), then waits for those in flight.
     * After a stop, visits in flight are cancelled after 0.5 s.
     *
     * @return how long visits were started
     */
    Duration run(Duration length) throws InterruptedException {
        runner = Thread.currentThread();
        long start = System.nanoTime();
        long end = length.isZero() ? Long.MAX_VALUE : length.toNanos();
        var next = arrivals.next();
        while (next.dueNanos() < end && waitUntil(start + next.dueNanos())) {
            begin(next, start + next.dueNanos());
            next = arrivals.next();
        }
        waitUntil(start + end);
        var took = Duration.ofNanos(System.nanoTime() - start);
        awaitVisits();
        return took;
    }

    /** Ends {@link #awaitService} or {@link #run} early. */
    void stop() {
        stopped = true;
        LockSupport.unpark(runner);
    }

    int inFlight() {
        return maxInFlight - slots.availablePermits();
    }

    private void begin(Arrivals.Visit visit, long dueNanos) {
        var kindResults = results.get(visit.kind());
        if (!slots.tryAcquire()) {
            kindResults.count(Outcome.NOT_SENT);
            return;
        }
        visits.execute(() -> {
            kindResults.delay(System.nanoTime() - dueNanos);
            try {
                var response = send(requests.of(visit.kind(), visit.choice()));
                kindResults.response(response.statusCode(), System.nanoTime() - dueNanos);
                if (visit.kind() == Kind.ORDER) {
                    rememberOrder(response);
                }
            } catch (InterruptedException e) {
                kindResults.count(Outcome.CANCELLED);
            } catch (IOException | TimeoutException e) {
                kindResults.count(stopped ? Outcome.CANCELLED : Outcome.of(e));
            } finally {
                slots.release();
            }
        });
    }

    private void rememberOrder(HttpResponse<?> response) {
        if (response.statusCode() == 201) {
            response.headers().firstValue("Location").ifPresent(requests::rememberOrder);
        }
    }

    private HttpResponse<byte[]> send(HttpRequest request)
            throws IOException, InterruptedException, TimeoutException {
        var response = client.sendAsync(request, BodyHandlers.ofByteArray());
        try {
            // A request's own timeout would not include the body.
            return response.get(RESPONSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
        } finally {
            response.cancel(true); // closes the connection after a timeout or an interrupt; no effect on a response
        }
    }

    /** @return false when {@link #stop} was called */
    private boolean waitUntil(long nanos) {
        for (long left = nanos - System.nanoTime(); left > 0 && !stopped; left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
        }
        return !stopped;
    }

    private void awaitVisits() throws InterruptedException {
        visits.shutdown();
        while (!stopped && !visits.awaitTermination(20, TimeUnit.MILLISECONDS)) { } // each ends after its timeout
        if (!visits.awaitTermination(STOP_GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
            visits.shutdownNow();
            visits.awaitTermination(STOP_GRACE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
