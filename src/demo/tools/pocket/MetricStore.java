package demo.tools.pocket;

import static java.util.Comparator.comparingDouble;
import static java.util.stream.Collectors.groupingBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.DoubleBinaryOperator;
import java.util.function.IntToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * The results of the newest scrapes, as the curves of the page. In the full stack Mimir does this, for any metric and
 * for years.
 *
 * <p>A counter only grows while the service lives; stored is its growth since the previous scrape (PromQL's
 * {@code increase}). A counter below its previous value has started at zero again: the service was restarted. Seconds
 * without a scrape are gaps, not zeros.
 *
 * <p>Any thread may call. Bounds: the newest {@value #SECONDS} scrapes, one per second; {@value #MAX_SERIES} series,
 * later ones are dropped; dots of {@value #MAX_DOTS} traces, the oldest are evicted first.
 */
final class MetricStore {
    static final int SECONDS = 900; // one scrape each
    static final int MAX_SERIES = 1_024;
    static final int MAX_DOTS = 4_096;
    private static final int DOTS_PER_STEP = 3;
    private static final String BUCKET = "http_server_request_duration_seconds_bucket";
    private static final String CPU = "process_cpu_seconds_total";
    private static final Set<String> KEPT = Set.of(BUCKET, CPU, "http_server_active_requests",
            "jvm_memory_used_bytes", "jvm_memory_pool_used_bytes");
    /** Requests of machines, every second or so and without a trace: they would hide the requests of people. */
    private static final Set<String> MACHINE_ROUTES = Set.of("/metrics", "/healthz", "/readyz");

    /** One request that the duration chart shows as a dot, a way to its trace; {@code time} is in epoch seconds. */
    record Dot(double time, double seconds, String trace, String method, String route, String status) {}

    /**
     * Curves over time: a value per step of {@code step} seconds, null where no scrape was. {@code requests} is per
     * second, {@code errors} the share of requests with status 4xx and 5xx, {@code percentiles} and
     * {@code lowestBucket} are seconds: a percentile equal to that bucket means "at most". {@code routes} are all known
     * routes in the order in which they appeared.
     */
    record Curves(long from, int step, int steps, List<String> routes, Map<String, List<Double>> requests,
            Map<String, List<Double>> errors, Map<String, List<Double>> percentiles, double lowestBucket,
            Map<String, List<Double>> gauges, List<Dot> dots) {}

    /** One route's requests in all: counts, and percentiles in seconds as in {@link Curves}. */
    record RouteRow(String route, long requests, double perSecond, long status4xx, long status5xx, Double p50,
            Double p95, Double p99, double lowestBucket) {}

    record Status(long scrapes, int series, int maxSeries) {}

    // all guarded by this
    private final Map<String, Double> last = new HashMap<>(); // by series: the value in the previous scrape
    /** By name, a value per scrape: "cpu", "/menu 0.05" for a bucket, "/menu 4xx", " 4xx" for all routes. */
    private final Map<String, float[]> curves = new HashMap<>();
    private final long[] epochSeconds = new long[SECONDS]; // of each scrape, like the curves a ring
    private final Set<String> routes = new LinkedHashSet<>(); // in the order in which they appeared
    private final SortedMap<Double, String> bounds = new TreeMap<>(); // of the buckets, as number and as text
    /** By trace, then by route: an order and its payment share a trace, and each has a dot. */
    private final Map<String, Map<String, Dot>> dots = new LinkedHashMap<>();
    private Instant previous; // the time of the counters' last values; null if unknown
    private long scrapes;

    /** Stores one scrape. Throws IllegalArgumentException, and stores nothing, if the text is not OpenMetrics. */
    synchronized void scraped(Instant now, String text) {
        List<OpenMetrics.Sample> samples = OpenMetrics.read(text, KEPT::contains)
                .filter(sample -> !MACHINE_ROUTES.contains(sample.label("http_route"))).toList();
        int slot = (int) (scrapes++ % SECONDS);
        epochSeconds[slot] = now.getEpochSecond();
        curves.values().forEach(curve -> curve[slot] = 0);
        if (previous != null) {
            add("seconds", slot, Math.clamp(now.toEpochMilli() - previous.toEpochMilli(), 1, 60_000) / 1e3);
        }
        for (OpenMetrics.Sample sample : samples) {
            String series = sample.name() + sample.labels();
            if (last.size() < MAX_SERIES || last.containsKey(series)) {
                boolean cpu = sample.name().equals(CPU); // a start takes seconds of it, before the first scrape
                double before = last.getOrDefault(series, cpu ? sample.value() : 0);
                double growth = sample.value() - (sample.value() < before ? 0 : before);
                add(sample, slot, previous == null ? 0 : growth); // earlier growth has no known time
                last.put(series, sample.value());
            }
            if (sample.exemplar() != null) {
                addDot(sample, now);
            }
        }
        previous = now;
    }

    private void add(OpenMetrics.Sample sample, int slot, double growth) {
        switch (sample.name()) {
            case BUCKET -> {
                String bound = sample.label("le");
                String status = sample.label("http_response_status_code");
                routes.add(sample.label("http_route"));
                bounds.put(OpenMetrics.number(bound), bound);
                for (String route : List.of("", sample.label("http_route"))) {
                    add(route + ' ' + bound, slot, growth);
                    if (bound.equals("+Inf") && status.matches("[45].*")) {
                        add(route + ' ' + status.charAt(0) + "xx", slot, growth);
                    }
                }
            }
            case CPU -> add("cpu", slot, growth);
            case "http_server_active_requests" -> add("active", slot, sample.value());
            case "jvm_memory_used_bytes" -> add("area " + sample.label("area"), slot, sample.value());
            default -> add(sample.label("pool").matches(".*(Tenured|Old) Gen") ? "old" : "pool", slot, sample.value());
        }
    }

    private void add(String curve, int slot, double value) {
        curves.computeIfAbsent(curve, _ -> new float[SECONDS])[slot] += (float) value;
    }

    /** A client library gives an exemplar again in each scrape, until a newer one replaces it. */
    private void addDot(OpenMetrics.Sample sample, Instant scraped) {
        OpenMetrics.Exemplar exemplar = sample.exemplar();
        double time = Double.isNaN(exemplar.epochSeconds()) ? scraped.getEpochSecond() : exemplar.epochSeconds();
        var dot = new Dot(time, exemplar.value(), exemplar.trace(), sample.label("http_request_method"),
                sample.label("http_route"), sample.label("http_response_status_code"));
        dots.computeIfAbsent(dot.trace, _ -> new LinkedHashMap<>(2)).putIfAbsent(dot.route, dot);
        if (dots.size() > MAX_DOTS) {
            dots.remove(dots.keySet().iterator().next());
        }
    }

    /** A scrape failed. If none has succeeded yet, everything that the service counts from now on is new. */
    synchronized void missed(Instant now) {
        if (scrapes == 0) {
            previous = now;
        }
    }

    /** Whether a dot of the duration chart leads to this trace. */
    synchronized boolean hasDot(String trace) {
        return dots.containsKey(trace);
    }

    synchronized Status status() {
        return new Status(scrapes, last.size(), MAX_SERIES);
    }

    /** The curves from one epoch second on, of one route or ("") of all. */
    synchronized Curves curves(long from, int step, int steps, String route) {
        var time = new Steps(from, step, steps);
        var requests = new LinkedHashMap<String, List<Double>>();
        for (String name : route.isEmpty() ? routes : Set.of(route)) {
            if (DoubleStream.of(time.sum(name + " +Inf")).sum() > 0) {
                requests.put(name, time.perSecond(name + " +Inf"));
            }
        }
        double[] all = time.sum(route + " +Inf");
        var errors = new LinkedHashMap<String, List<Double>>();
        for (String status : List.of("4xx", "5xx")) {
            double[] growth = time.sum(route + ' ' + status);
            errors.put(status, time.curve(i -> growth[i] / all[i]));
        }
        List<double[]> buckets = time.buckets(route);
        var percentiles = new LinkedHashMap<String, List<Double>>();
        for (int percent : new int[] {50, 95, 99}) {
            percentiles.put("p" + percent, time.curve(i -> quantile(percent / 100.0, buckets, i)));
        }
        var gauges = Map.of("cpuCores", time.perSecond("cpu"), "activeRequests", time.highest("active"),
                "heapBytes", time.highest("area heap"), "oldGenerationBytes", time.highest("old"));
        List<Dot> slowest = dots.values().stream().flatMap(byRoute -> byRoute.values().stream())
                .filter(dot -> dot.time >= from && dot.time < from + (double) step * steps)
                .filter(dot -> route.isEmpty() || route.equals(dot.route))
                .collect(groupingBy(dot -> (int) ((dot.time - from) / step))).values().stream()
                .flatMap(ofStep -> ofStep.stream().sorted(comparingDouble(Dot::seconds).reversed())
                        .limit(DOTS_PER_STEP)).toList();
        return new Curves(from, step, steps, List.copyOf(routes), requests, errors, percentiles, lowestBucket(), gauges,
                slowest);
    }

    synchronized List<RouteRow> rows(long from, long to) {
        var time = new Steps(from, Math.clamp(to - from, 1, Integer.MAX_VALUE), 1);
        var rows = new ArrayList<RouteRow>();
        for (String route : routes) {
            long requests = (long) time.sum(route + " +Inf")[0];
            List<double[]> buckets = time.buckets(route);
            if (requests > 0) {
                rows.add(new RouteRow(route, requests, round(requests / time.seconds[0]),
                        (long) time.sum(route + " 4xx")[0], (long) time.sum(route + " 5xx")[0],
                        quantile(.5, buckets, 0), quantile(.95, buckets, 0), quantile(.99, buckets, 0),
                        lowestBucket()));
            }
        }
        return rows;
    }

    private double lowestBucket() {
        return bounds.isEmpty() ? 0 : bounds.firstKey();
    }

    /** A stretch of time in steps. */
    private final class Steps {
        final long from;
        final int step;
        final int steps;
        final double[] seconds; // of each step, between scrapes

        Steps(long from, int step, int steps) {
            this.from = from;
            this.step = step;
            this.steps = steps;
            seconds = sum("seconds");
        }

        double[] sum(String name) {
            return combined(name, Double::sum);
        }

        List<Double> perSecond(String name) {
            double[] growth = sum(name);
            return curve(i -> growth[i] / seconds[i]);
        }

        List<Double> highest(String name) {
            double[] values = combined(name, Math::max);
            return curve(i -> values[i]);
        }

        private double[] combined(String name, DoubleBinaryOperator combine) {
            double[] values = new double[steps];
            float[] curve = curves.getOrDefault(name, new float[SECONDS]);
            for (int slot = 0; slot < SECONDS; slot++) {
                long i = Math.floorDiv(epochSeconds[slot] - from, step);
                if (i >= 0 && i < steps) {
                    values[(int) i] = combine.applyAsDouble(values[(int) i], curve[slot]);
                }
            }
            return values;
        }

        /** For each bound: how many requests in each step took at most that long. */
        List<double[]> buckets(String route) {
            return bounds.values().stream().map(bound -> sum(route + ' ' + bound)).toList();
        }

        /** null where no scrape was, or where there is no value. */
        List<Double> curve(IntToDoubleFunction value) {
            return IntStream.range(0, steps).mapToObj(i -> {
                double number = seconds[i] == 0 ? Double.NaN : value.applyAsDouble(i);
                return Double.isNaN(number) ? null : (Double) round(number);
            }).toList();
        }
    }

    /** To six decimals, for readers of the API. */
    private static double round(double number) {
        return Math.rint(number * 1e6) / 1e6;
    }

    /**
     * PromQL's histogram_quantile, which takes the values inside a bucket as evenly spread; but inside the lowest
     * bucket the bucket's bound, because nothing is known below. NaN if nothing was counted.
     */
    private double quantile(double share, List<double[]> buckets, int step) {
        double rank = buckets.isEmpty() ? 0 : share * buckets.getLast()[step];
        double low = Double.NaN;
        double below = 0;
        int i = 0;
        for (double high : bounds.keySet()) {
            double count = buckets.get(i++)[step];
            if (rank > 0 && count >= rank) {
                return Double.isNaN(low) ? high : high == Double.POSITIVE_INFINITY ? low
                        : round(low + (high - low) * (rank - below) / (count - below));
            }
            low = high;
            below = count;
        }
        return Double.NaN;
    }
}
