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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends requests to an API at a constant rate under numbered trace ids, and records the time of each response. Each
 * request with a response has left a log line, a sample and a trace.
 */
final class NumberedRequests implements AutoCloseable {
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI target;
    private final String run;
    private final long pauseNanos;
    private final Map<Integer, Instant> responded = new ConcurrentSkipListMap<>();
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private volatile boolean stopping;

    /** @param run the first 16 digits of every trace id */
    NumberedRequests(int port, String run, int perSecond) {
        target = URI.create("http://127.0.0.1:" + port + "/menu");
        this.run = run;
        pauseNanos = 1_000_000_000L / perSecond;
        thread.execute(this::send);
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
        thread.close();
        http.close();
    }

    private void send() {
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
