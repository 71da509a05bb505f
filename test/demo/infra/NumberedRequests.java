package demo.infra;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends requests at a constant rate under numbered trace ids, and records the time of each response. Each request
 * with a response has left a log line, a sample and a trace.
 */
final class NumberedRequests implements AutoCloseable {
    private final HttpClient http;
    private final URI target;
    private final String run;
    private final long pauseNanos;
    private final Map<Integer, Instant> responded = new ConcurrentSkipListMap<>();
    private final Thread thread;
    private volatile boolean stopping;

    /** @param run the first 16 digits of every trace id */
    NumberedRequests(HttpClient http, URI target, String run, int perSecond) {
        this.http = http;
        this.target = target;
        this.run = run;
        pauseNanos = 1_000_000_000L / perSecond;
        thread = Thread.ofPlatform().start(this::visit);
    }

    String run() {
        return run;
    }

    String traceId(int number) {
        return run + "%016x".formatted(number);
    }

    /** The requests that got a response, by number, with the time of the response. */
    Map<Integer, Instant> responded() {
        return new TreeMap<>(responded);
    }

    @Override
    public void close() {
        stopping = true;
        while (thread.isAlive()) {
            LockSupport.parkNanos(pauseNanos);
        }
    }

    private void visit() {
        long due = System.nanoTime();
        for (int n = 1; !stopping; n++, due += pauseNanos) {
            LockSupport.parkNanos(due - System.nanoTime());
            var request = HttpRequest.newBuilder(target).timeout(Duration.ofSeconds(5))
                    .header("traceparent", "00-" + traceId(n) + "-%016x-01".formatted(n)).build();
            try {
                if (http.send(request, BodyHandlers.discarding()).statusCode() == 200) {
                    responded.put(n, Instant.now());
                }
            } catch (IOException e) {
                // The API does not listen during the fault: no response.
            } catch (InterruptedException e) {
                return;
            }
        }
    }
}
