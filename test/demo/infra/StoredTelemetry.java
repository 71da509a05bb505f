package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asserts that Loki, Tempo and Mimir have stored the telemetry of every request that got a response. */
final class StoredTelemetry {
    private static final Duration ARRIVAL = Duration.ofMinutes(2);
    private static final int THREADS = 16;
    private static final Duration PAUSE = Duration.ofSeconds(1);
    /** Margin around an outage: spans wait for their batch, and a failed connection is retried. */
    private static final Duration DELIVERY = Duration.ofSeconds(10);
    private static final Duration SCRAPE = Duration.ofSeconds(5);
    /** Loki responds with at most 5,000 lines: a query is for the lines of this time. */
    private static final Duration PAGE = Duration.ofSeconds(30);
    private static final Pattern COUNT = Pattern.compile("\"value\":\\[[^,]+,\"(\\d+)\"]");
    private static final Pattern SAMPLE = Pattern.compile("\\[(\\d+(?:\\.\\d+)?),\"1\"]");

    /** A period in which a service was unavailable, both ends included. */
    record Outage(Instant from, Instant to) {
        boolean near(Instant time) {
            return !time.isBefore(from.minus(DELIVERY)) && !time.isAfter(to.plus(DELIVERY));
        }
    }

    private final String loki;
    private final NumberedRequests requests;
    private final Instant from;

    /** @param loki URL without a path; the other backends are on their own ports */
    StoredTelemetry(String loki, NumberedRequests requests, Instant from) {
        this.loki = loki;
        this.requests = requests;
        this.from = from;
    }

    /**
     * Each request has its log line in Loki, except for at most {@code mayBeLost}. No line is stored twice: a log query
     * hides the second copy of a line, a metric query counts both.
     */
    String lines(int mayBeLost) throws Exception {
        Instant deadline = Instant.now().plus(ARRIVAL);
        Set<Integer> missing;
        Set<Integer> stored;
        do {
            Thread.sleep(PAUSE);
            stored = numbersInLoki();
            missing = new TreeSet<>(requests.responded().keySet());
            missing.removeAll(stored);
        } while (!missing.isEmpty() && Instant.now().isBefore(deadline));
        assertTrue(missing.size() <= mayBeLost, "no line in Loki for the requests " + missing);

        Instant end = Instant.now().plusSeconds(1);
        Matcher count = COUNT.matcher(loki("query?time=" + end.getEpochSecond(), "sum(count_over_time(" + selector()
                + "[" + (end.getEpochSecond() - from.getEpochSecond()) + "s]))"));
        assertEquals(stored.size(), count.find() ? Integer.parseInt(count.group(1)) : 0, "lines stored twice");
        return missing.isEmpty() ? "each line once"
                : missing.size() + " lines missing (at most " + mayBeLost + " allowed), no duplicates";
    }

    private Set<Integer> numbersInLoki() throws IOException {
        var number = Pattern.compile("\\\\\"trace_id\\\\\":\\\\\"" + requests.run() + "([0-9a-f]{16})");
        var numbers = new TreeSet<Integer>();
        for (Instant page = from; page.isBefore(Instant.now()); page = page.plus(PAGE)) {
            number.matcher(loki("query_range?limit=5000&start=" + nanos(page) + "&end=" + nanos(page.plus(PAGE)),
                    selector())).results().forEach(id -> numbers.add(Integer.parseInt(id.group(1), 16)));
        }
        return numbers;
    }

    private String selector() {
        return "{service=\"api\"} |= \"" + requests.run() + "\"";
    }

    private String loki(String path, String query) throws IOException {
        var response = Stack.get(loki + "/loki/api/v1/" + path + "&query="
                + URLEncoder.encode(query, StandardCharsets.UTF_8));
        assertEquals(200, response.statusCode(), response::body);
        return response.body();
    }

    /** Each request has its trace, except for requests around an outage. */
    String traces(List<Outage> outages) throws Exception {
        Instant deadline = Instant.now().plus(ARRIVAL);
        Map<Integer, Instant> responded = requests.responded();
        responded.values().removeIf(time -> outages.stream().anyMatch(outage -> outage.near(time)));
        var found = new TreeMap<Integer, Future<Boolean>>();
        try (var threads = Executors.newFixedThreadPool(THREADS)) {
            responded.keySet().forEach(number -> found.put(number, threads.submit(() -> hasTrace(number, deadline))));
        }
        for (var trace : found.entrySet()) {
            assertTrue(trace.getValue().get(), "no trace in Tempo for the request " + trace.getKey());
        }
        return found.size() + " traces";
    }

    private boolean hasTrace(int number, Instant deadline) throws IOException, InterruptedException {
        while (Stack.get("http://127.0.0.1:3200/api/traces/" + requests.traceId(number)).statusCode() != 200) {
            if (Instant.now().isAfter(deadline)) {
                return false;
            }
            Thread.sleep(PAUSE);
        }
        return true;
    }

    /** Two scrapes of the API are at most two intervals apart, plus the outages between them. */
    String samples(List<Outage> outages) throws IOException {
        String query = "up{job=\"api\"}[" + Duration.between(from, Instant.now()).toSeconds() + "s]";
        String body = Stack.get("http://127.0.0.1:9009/prometheus/api/v1/query?query="
                + URLEncoder.encode(query, StandardCharsets.UTF_8)).body();
        List<Instant> times = SAMPLE.matcher(body).results()
                .map(sample -> Instant.ofEpochMilli((long) (Double.parseDouble(sample.group(1)) * 1e3))).toList();
        assertTrue(times.size() > 3, "samples of up: " + body);
        var longest = Duration.ZERO;
        for (int i = 1; i < times.size(); i++) {
            Instant before = times.get(i - 1);
            Instant after = times.get(i);
            Duration outageTime = outages.stream()
                    .filter(outage -> outage.from().isBefore(after) && outage.to().isAfter(before))
                    .map(outage -> Duration.between(outage.from(), outage.to())).reduce(Duration.ZERO, Duration::plus);
            Duration gap = Duration.between(before, after);
            assertTrue(gap.minus(outageTime).compareTo(SCRAPE.multipliedBy(2).plus(PAUSE)) <= 0,
                    "no sample of up from " + before + " to " + after + ", outages " + outages);
            longest = gap.compareTo(longest) > 0 ? gap : longest;
        }
        return String.format(Locale.ROOT, "%d scrapes, at most %.1f s apart", times.size(), longest.toMillis() / 1e3);
    }

    private static String nanos(Instant instant) {
        return instant.getEpochSecond() + "%09d".formatted(instant.getNano());
    }
}
