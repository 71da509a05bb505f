package demo.pocket;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the scrapes said about requests, second by second: for each method, route and status, how many more fell into
 * each bucket of the duration histogram. Mimir does this job in the full stack, for any metric and for years.
 *
 * <p>Counters only grow while a service lives; what is kept is the growth. When the service restarts they begin at zero
 * again, which {@code process_start_time_seconds} tells. Seconds without a scrape are gaps, never zeros.
 *
 * <p>Any thread may call. Bounds: 15 minutes; {@value #MAX_SERIES} series (later ones are counted as left out), each one
 * ring of 900 seconds times the buckets (54 KB with 15 of them); exemplars of {@value #MAX_DOTS} traces. The oldest go first.
 *
 * <pre>
 * epoch second   … 1016 1017 1018 1019 …
 * ring slot          116  117  118  119        second modulo 900
 * covered, ms       1000 1001    0 1999        0: no scrape in that second
 * counts            0 2 1  …                   growth of each bucket since the scrape before
 * </pre>
 */
final class RequestMetrics {
    static final int SECONDS = 900;
    static final int MAX_SERIES = 64;
    static final int MAX_DOTS = 4_096;
    private static final String FAMILY = "http_server_request_duration_seconds";
    private static final String STARTED = "process_start_time_seconds";
    private static final Set<String> READ = Set.of(FAMILY + "_bucket", STARTED, "jvm_memory_used_bytes",
            "jvm_memory_pool_collection_used_bytes", "http_server_active_requests");
    private static final int DOTS_PER_STEP = 3;
    /** Asked by machines every second or so, and never traced: they would hide what people wait for. */
    private static final Set<String> MACHINES_OWN = Set.of("/metrics", "/healthz", "/readyz");

    private record Key(String method, String route, String status) {
        boolean failed() {
            return status.startsWith("5");
        }
    }

    /** An exemplar: one request that the latency chart shows as a dot. */
    private record Dot(double epochSeconds, double seconds, String traceId, Key key) {}

    private static final class Series {
        final double[] last; // cumulative, as the previous scrape gave it
        final int[] growth; // ring: slot * buckets + bucket

        Series(int buckets) {
            last = new double[buckets];
            growth = new int[SECONDS * buckets];
        }
    }

    // all guarded by this
    private final Map<Key, Series> series = new LinkedHashMap<>();
    private final Map<String, List<Dot>> dots = new LinkedHashMap<>(); // by trace: an order and its payment share one
    private final Gauges gauges = new Gauges();
    private final long[] second = new long[SECONDS];
    private final int[] covered = new int[SECONDS];
    private double[] bounds = {};
    private double serviceStarted = Double.NaN;
    private Instant previous; // scrape; null while there is none to compare with
    private Instant first; // scrape
    private boolean seenAway;
    private long scrapes;
    private long leftOut;

    /** Takes one scrape's text. Throws IllegalArgumentException, and takes nothing, where the text breaks its format. */
    void scraped(Instant now, String text) {
        var found = new LinkedHashMap<Key, TreeMap<Double, Double>>();
        var exemplars = new ArrayList<Dot>();
        double[] started = {Double.NaN};
        double[] held = new double[Gauges.NAMES.size()];
        OpenMetrics.read(text, READ::contains, sample -> {
            int gauge = Gauges.place(sample);
            if (gauge >= 0) {
                held[gauge] += sample.value();
            } else if (sample.name().equals(STARTED)) {
                started[0] = sample.value();
            }
            if (!sample.name().equals(FAMILY + "_bucket")) {
                return;
            }
            Map<String, String> labels = sample.labels();
            var key = new Key(labels.getOrDefault("http_request_method", ""), labels.getOrDefault("http_route", ""),
                    labels.getOrDefault("http_response_status_code", ""));
            if (MACHINES_OWN.contains(key.route)) {
                return;
            }
            String bound = labels.getOrDefault("le", "+Inf");
            found.computeIfAbsent(key, _ -> new TreeMap<>())
                    .put(bound.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bound), sample.value());
            OpenMetrics.Exemplar exemplar = sample.exemplar();
            if (exemplar != null && exemplar.labels().containsKey("trace_id")) {
                double time = Double.isNaN(exemplar.epochSeconds()) ? now.getEpochSecond() : exemplar.epochSeconds();
                exemplars.add(new Dot(time, exemplar.value(), exemplar.labels().get("trace_id"), key));
            }
        });
        take(now, started[0], found, exemplars, held);
    }

    /** The service did not answer: what comes next is compared with nothing older. */
    synchronized void missed() {
        seenAway = true;
    }

    private synchronized void take(Instant now, double started, Map<Key, TreeMap<Double, Double>> found, List<Dot> exemplars,
            double[] held) {
        boolean restarted = started != serviceStarted && !Double.isNaN(serviceStarted);
        // Counts from before the first scrape have no time, unless the service was seen to be away just before.
        boolean baselineOnly = previous == null && !seenAway;
        int slot = slot(now, restarted, baselineOnly);
        for (var entry : found.entrySet()) {
            double[] ends = entry.getValue().keySet().stream().mapToDouble(Double::doubleValue).toArray();
            if (!Arrays.equals(ends, bounds)) { // the first scrape, or a service with other buckets
                series.clear();
                bounds = ends;
            }
            Series one = series.get(entry.getKey());
            if (one == null && series.size() == MAX_SERIES) {
                leftOut++;
                continue;
            }
            if (one == null) {
                one = new Series(bounds.length);
                series.put(entry.getKey(), one);
            }
            if (restarted || entry.getValue().lastEntry().getValue() < one.last[bounds.length - 1]) {
                Arrays.fill(one.last, 0);
            }
            grow(one, slot, entry.getValue().values(), baselineOnly);
        }
        for (Dot dot : exemplars) {
            List<Dot> same = dots.computeIfAbsent(dot.traceId, _ -> new ArrayList<>(1));
            if (same.stream().noneMatch(one -> one.key.equals(dot.key))) { // it is scraped until another takes its place
                same.add(dot);
            }
        }
        for (var oldest = dots.values().iterator(); dots.size() > MAX_DOTS; ) {
            oldest.next();
            oldest.remove();
        }
        gauges.take(now.getEpochSecond(), held);
        serviceStarted = started;
        previous = now;
        first = first == null ? now : first;
        seenAway = false;
        scrapes++;
    }

    /** The slot for this scrape, emptied if it held an older second, with the time since the last scrape put down. */
    private int slot(Instant now, boolean restarted, boolean baselineOnly) {
        int slot = Math.floorMod(now.getEpochSecond(), SECONDS);
        if (second[slot] != now.getEpochSecond()) {
            second[slot] = now.getEpochSecond();
            covered[slot] = 0;
            for (Series one : series.values()) {
                Arrays.fill(one.growth, slot * bounds.length, (slot + 1) * bounds.length, 0);
            }
        }
        if (!baselineOnly) {
            boolean joined = previous != null && !restarted;
            covered[slot] += joined ? Math.clamp(now.toEpochMilli() - previous.toEpochMilli(), 1, 60_000) : 1_000;
        }
        return slot;
    }

    private void grow(Series one, int slot, Collection<Double> cumulative, boolean baselineOnly) {
        double below = 0;
        double belowBefore = 0;
        double[] before = one.last.clone();
        int i = 0;
        for (double value : cumulative) {
            if (!baselineOnly) {
                double grown = (value - below) - (before[i] - belowBefore);
                one.growth[slot * bounds.length + i] += (int) Math.max(0, grown);
            }
            below = value;
            belowBefore = before[i];
            one.last[i++] = value;
        }
    }

    /** Whether a dot of the latency chart leads to this trace, so that it is worth keeping longest. */
    synchronized boolean hasDot(String traceId) {
        return dots.containsKey(traceId);
    }

    synchronized void writeStatus(JsonGenerator out) throws IOException {
        out.writeNumberField("scrapes", scrapes);
        out.writeNumberField("seconds", first == null ? 0 : Duration.between(first, previous).toSeconds());
        out.writeNumberField("series", series.size());
        out.writeNumberField("series_most", MAX_SERIES);
        out.writeNumberField("series_left_out", leftOut);
        out.writeNumberField("dots", dots.size());
    }

    /** Rates and quantiles for each step of the window; of one route, or of all where {@code route} is empty. */
    synchronized void write(JsonGenerator out, Window window, String route) throws IOException {
        var routes = new TreeMap<String, RouteCounts>();
        var chosen = new RouteCounts(window.steps());
        long[] millis = new long[window.steps()];
        for (long t = Math.max(window.start(), window.to() - SECONDS); t < window.to(); t++) {
            int slot = Math.floorMod(t, SECONDS);
            if (second[slot] != t || covered[slot] == 0) {
                continue;
            }
            int step = (int) ((t - window.start()) / window.step());
            millis[step] += covered[slot];
            for (var entry : series.entrySet()) {
                Key key = entry.getKey();
                RouteCounts counts = routes.computeIfAbsent(key.route, _ -> new RouteCounts(window.steps()));
                counts.add(step, key, entry.getValue(), slot);
                if (route.isEmpty() || route.equals(key.route)) {
                    chosen.add(step, key, entry.getValue(), slot);
                }
            }
        }
        out.writeStartObject();
        out.writeNumberField("start", window.start());
        out.writeNumberField("step", window.step());
        out.writeNumberField("steps", window.steps());
        out.writeArrayFieldStart("routes");
        for (var entry : routes.entrySet()) {
            out.writeStartObject();
            out.writeStringField("route", entry.getKey());
            entry.getValue().write(out, millis);
            out.writeEndObject();
        }
        out.writeEndArray();
        out.writeObjectFieldStart("chosen");
        chosen.write(out, millis);
        out.writeEndObject();
        writeDots(out, window, route);
        out.writeObjectFieldStart("gauges");
        gauges.write(out, window);
        out.writeEndObject();
        out.writeEndObject();
    }

    private void writeDots(JsonGenerator out, Window window, String route) throws IOException {
        var bySteps = new HashMap<Long, List<Dot>>();
        dots.values().stream().flatMap(List::stream)
                .filter(dot -> window.holds(dot.epochSeconds) && (route.isEmpty() || route.equals(dot.key.route)))
                .forEach(dot -> bySteps.computeIfAbsent((long) dot.epochSeconds / window.step(), _ -> new ArrayList<>()).add(dot));
        out.writeArrayFieldStart("dots");
        for (List<Dot> step : bySteps.values()) {
            step.sort(Comparator.comparingDouble(Dot::seconds).reversed());
            for (Dot dot : step.subList(0, Math.min(DOTS_PER_STEP, step.size()))) {
                out.writeStartObject();
                out.writeNumberField("time", dot.epochSeconds);
                out.writeNumberField("seconds", dot.seconds);
                out.writeStringField("trace", dot.traceId);
                out.writeStringField("method", dot.key.method);
                out.writeStringField("route", dot.key.route);
                out.writeStringField("status", dot.key.status);
                out.writeEndObject();
            }
        }
        out.writeEndArray();
    }

    /** The counts of one route, or of all of them, in each step of a window. */
    private final class RouteCounts {
        final long[][] buckets;
        final long[] failed;

        RouteCounts(int steps) {
            buckets = new long[steps][bounds.length];
            failed = new long[steps];
        }

        void add(int step, Key key, Series one, int slot) {
            for (int i = 0; i < bounds.length; i++) {
                int grown = one.growth[slot * bounds.length + i];
                buckets[step][i] += grown;
                failed[step] += key.failed() ? grown : 0;
            }
        }

        void write(JsonGenerator out, long[] millis) throws IOException {
            long[] whole = new long[bounds.length];
            for (long[] step : buckets) {
                Arrays.setAll(whole, i -> whole[i] + step[i]);
            }
            long requests = Arrays.stream(whole).sum();
            long allMillis = Arrays.stream(millis).sum();
            out.writeNumberField("requests", requests);
            out.writeNumberField("failed", Arrays.stream(failed).sum());
            number(out, "per_second", allMillis == 0 ? Double.NaN : requests * 1000.0 / allMillis);
            number(out, "p50_seconds", Histogram.quantile(0.5, bounds, whole));
            number(out, "p95_seconds", Histogram.quantile(0.95, bounds, whole));
            number(out, "p99_seconds", Histogram.quantile(0.99, bounds, whole));
            steps(out, "rate", i -> Arrays.stream(buckets[i]).sum() * 1000.0 / millis[i], millis);
            steps(out, "error_rate", i -> {
                long all = Arrays.stream(buckets[i]).sum();
                return all == 0 ? Double.NaN : (double) failed[i] / all;
            }, millis);
            steps(out, "p50", i -> Histogram.quantile(0.5, bounds, buckets[i]), millis);
            steps(out, "p95", i -> Histogram.quantile(0.95, bounds, buckets[i]), millis);
            steps(out, "p99", i -> Histogram.quantile(0.99, bounds, buckets[i]), millis);
        }
    }

    private static void steps(JsonGenerator out, String name, java.util.function.IntToDoubleFunction value, long[] millis)
            throws IOException {
        out.writeArrayFieldStart(name);
        for (int i = 0; i < millis.length; i++) {
            write(out, millis[i] == 0 ? Double.NaN : value.applyAsDouble(i));
        }
        out.writeEndArray();
    }

    private static void number(JsonGenerator out, String name, double value) throws IOException {
        out.writeFieldName(name);
        write(out, value);
    }

    static void write(JsonGenerator out, double value) throws IOException {
        if (Double.isFinite(value)) {
            out.writeNumber((float) value); // seven digits are enough for a chart
        } else {
            out.writeNull();
        }
    }
}
