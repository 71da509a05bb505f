package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asserts that Loki, Tempo and Mimir have stored the telemetry of every request that got a response. */
final class StoredTelemetry {
    private static final Duration ARRIVAL = Duration.ofMinutes(2);
    /** Max wait after the number of missing lines has fallen to the allowed number. */
    private static final Duration LAST_LINES = Duration.ofSeconds(30);
    private static final int THREADS = 16;
    private static final Duration PAUSE = Duration.ofSeconds(1);
    /** Margin around an outage: spans wait for their batch, and a failed connection is retried. */
    private static final Duration DELIVERY = Duration.ofSeconds(10);
    private static final Duration SCRAPE = Duration.ofSeconds(5);
    /** Loki's limit of lines per response. */
    private static final int PAGE = 5_000;
    private static final Pattern COUNT = Pattern.compile("\"value\":\\[[^,]+,\"(\\d+)\"]");
    private static final Pattern SAMPLE = Pattern.compile("\\[(\\d+(?:\\.\\d+)?),\"1\"]");

    /** A period in which a service was unavailable, both ends included. */
    record Outage(Instant from, Instant to) {
        boolean near(Instant time) {
            return !time.isBefore(from.minus(DELIVERY)) && !time.isAfter(to.plus(DELIVERY));
        }
    }

    /** Sends a GET request, with the tenant's header where the backends need it. */
    @FunctionalInterface
    interface Http {
        HttpResponse<String> get(String url) throws IOException, InterruptedException;
    }

    private final Http http;
    private final String loki;
    private final NumberedRequests requests;
    private final Instant from;

    /** @param loki the URL without a path; the other backends are on their own ports */
    StoredTelemetry(Http http, String loki, NumberedRequests requests, Instant from) {
        this.http = http;
        this.loki = loki;
        this.requests = requests;
        this.from = from;
    }

    /**
     * Each request has its log line in Loki, except for at most {@code mayBeLost}. No line is stored twice: a log query
     * hides the second copy of a line, a metric query counts both.
     */
    String lines(int mayBeLost) throws Exception {
        var missing = new BitSet();
        var seen = new BitSet();
        Instant begin = Instant.now();
        do {
            Thread.sleep(PAUSE);
            seen.clear();
            addLines(seen, nanos(from), nanos(Instant.now()));
            requests.responded().keySet().forEach(missing::set);
            missing.andNot(seen);
        } while (!missing.isEmpty()
                && Instant.now().isBefore(begin.plus(missing.cardinality() <= mayBeLost ? LAST_LINES : ARRIVAL)));
        assertTrue(missing.cardinality() <= mayBeLost, "no line in Loki for the requests " + missing);

        Instant end = Instant.now().plusSeconds(1);
        Matcher count = COUNT.matcher(loki("query?time=" + end.getEpochSecond(), "sum(count_over_time(" + selector()
                + "[" + (end.getEpochSecond() - from.getEpochSecond()) + "s]))"));
        assertEquals(seen.cardinality(), count.find() ? Integer.parseInt(count.group(1)) : 0, "lines stored twice");
        return missing.isEmpty() ? "each line once"
                : missing.cardinality() + " lines missing (at most " + mayBeLost + " allowed), no duplicates";
    }

    /** The numbers of the lines of a time range, the end excluded. Halves a range with more lines than a response. */
    private void addLines(BitSet seen, long fromNanos, long toNanos) throws IOException, InterruptedException {
        String body = loki("query_range?direction=forward&limit=" + PAGE + "&start=" + fromNanos + "&end=" + toNanos,
                selector());
        var number = Pattern.compile("\\\\\"trace_id\\\\\":\\\\\"" + requests.run() + "([0-9a-f]{16})");
        int[] numbers = number.matcher(body).results().mapToInt(id -> Integer.parseInt(id.group(1), 16)).toArray();
        if (numbers.length < PAGE) {
            Arrays.stream(numbers).forEach(seen::set);
            return;
        }
        long middle = fromNanos + (toNanos - fromNanos) / 2;
        addLines(seen, fromNanos, middle);
        addLines(seen, middle, toNanos);
    }

    private String selector() {
        return "{service=\"api\"} |= \"" + requests.run() + "\"";
    }

    private String loki(String path, String query) throws IOException, InterruptedException {
        var response = http.get(loki + "/loki/api/v1/" + path + "&query="
                + URLEncoder.encode(query, StandardCharsets.UTF_8));
        assertEquals(200, response.statusCode(), response::body);
        return response.body();
    }

    /** Each request has its trace, except for requests around an outage. */
    String traces(List<Outage> outages) throws Exception {
        var missing = new BitSet();
        var allowed = new BitSet();
        Instant deadline = Instant.now().plus(ARRIVAL);
        try (var threads = Executors.newFixedThreadPool(THREADS)) {
            var traces = new TreeMap<Integer, Future<Boolean>>();
            requests.responded().forEach((number, time) -> {
                boolean mayBeMissing = outages.stream().anyMatch(outage -> outage.near(time));
                traces.put(number, threads.submit(() -> hasTrace(number, mayBeMissing ? Instant.MIN : deadline)));
                allowed.set(number, mayBeMissing);
            });
            for (var trace : traces.entrySet()) {
                missing.set(trace.getKey(), !trace.getValue().get());
            }
        }
        allowed.and(missing);
        missing.andNot(allowed);

        assertEquals("{}", missing.toString(), "no trace in Tempo for the requests");
        return allowed.isEmpty() ? "each trace" : allowed.cardinality() + " traces missing, all of the outage";
    }

    private boolean hasTrace(int number, Instant deadline) throws IOException, InterruptedException {
        while (http.get("http://127.0.0.1:3200/api/traces/" + requests.traceId(number)).statusCode() != 200) {
            if (Instant.now().isAfter(deadline)) {
                return false;
            }
            Thread.sleep(PAUSE);
        }
        return true;
    }

    /** Two scrapes of the API are at most two intervals apart, plus the outages between them. */
    String samples(List<Outage> outages) throws Exception {
        String query = "up{job=\"api\"}[" + Duration.between(from, Instant.now()).toSeconds() + "s]";
        String body = http.get("http://127.0.0.1:9009/prometheus/api/v1/query?query="
                + URLEncoder.encode(query, StandardCharsets.UTF_8)).body();
        List<Instant> times = SAMPLE.matcher(body).results()
                .map(sample -> Instant.ofEpochMilli((long) (Double.parseDouble(sample.group(1)) * 1e3))).toList();
        var gaps = new ArrayList<Duration>();
        for (int i = 1; i < times.size(); i++) {
            Instant before = times.get(i - 1);
            Instant after = times.get(i);
            Duration outageTime = outages.stream()
                    .filter(outage -> outage.from().isBefore(after) && outage.to().isAfter(before))
                    .map(outage -> Duration.between(outage.from(), outage.to())).reduce(Duration.ZERO, Duration::plus);
            Duration gap = Duration.between(before, after);
            gaps.add(gap);

            assertTrue(gap.minus(outageTime).compareTo(SCRAPE.multipliedBy(2).plus(PAUSE)) <= 0,
                    "no sample of up from " + before + " to " + after + ", outages " + outages);
        }
        assertTrue(gaps.size() > 2, "samples of up: " + body);
        return String.format(Locale.ROOT, "%d scrapes, at most %.1f s apart", times.size(),
                gaps.stream().mapToLong(Duration::toMillis).max().orElseThrow() / 1e3);
    }

    private static long nanos(Instant instant) {
        return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }
}
