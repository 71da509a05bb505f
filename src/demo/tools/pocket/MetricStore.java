package demo.tools.pocket;

import static java.util.Comparator.comparingDouble;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toSet;

import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
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

    /** A stretch of time in steps of so many seconds, from one epoch second on. */
    record Steps(long from, int step, int steps) {
        /** The step that contains this epoch second, or -1. */
        int indexOf(double second) {
            double index = Math.floor((second - from) / step);
            return index >= 0 && index < steps ? (int) index : -1;
        }
    }

    /** One request that the duration chart shows as a dot, a way to its trace; {@code time} is in epoch seconds. */
    record Dot(double time, double seconds, String trace, String method, String route, String status) {}

    /**
     * Curves over time: a value per step of {@code step} seconds, null where no scrape was. {@code requests} is per
     * second, {@code errors} the share of requests with status 4xx and 5xx, {@code percentiles} are seconds.
     * {@code requests} has all known routes in the order in which they appeared.
     */
    record Curves(long from, int step, int steps, Map<String, List<Double>> requests, Map<String, List<Double>> errors,
            Map<String, List<Double>> percentiles, Map<String, List<Double>> gauges, List<Dot> dots) {}

    /** One route's requests in all: counts, and percentiles in seconds. */
    record RouteRow(String route, long requests, double perSecond, long status4xx, long status5xx, double p50,
            double p95, double p99) {}

    // all guarded by this
    private final Map<String, Double> last = new HashMap<>(); // by series: the value in the previous scrape
    /** By name, a value per scrape: "cpu", "/menu 0.05" for a bucket, "/menu 4xx", " 4xx" for all routes. */
    private final Map<String, float[]> curves = new HashMap<>();
    private final long[] epochSeconds = new long[SECONDS]; // of each scrape, like the curves a ring
    private final Set<String> routes = new LinkedHashSet<>(); // in the order in which they appeared
    private final SortedMap<Double, String> bounds = new TreeMap<>(); // of the buckets, as number and as text
    private final SequencedSet<Dot> dots = new LinkedHashSet<>(); // oldest first
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
                addDot(sample, sample.exemplar());
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
    private void addDot(OpenMetrics.Sample sample, OpenMetrics.Exemplar exemplar) {
        dots.add(new Dot(exemplar.epochSeconds(), exemplar.value(), exemplar.trace(),
                sample.label("http_request_method"), sample.label("http_route"),
                sample.label("http_response_status_code")));
        if (dots.size() > MAX_DOTS) {
            dots.removeFirst();
        }
    }

    /** A scrape failed. If none has succeeded yet, everything that the service counts from now on is new. */
    synchronized void missed(Instant now) {
        if (scrapes == 0) {
            previous = now;
        }
    }

    synchronized Set<String> tracesWithDot() {
        return dots.stream().map(Dot::trace).collect(toSet());
    }

    /** How many scrapes succeeded since the start. */
    synchronized long scrapes() {
        return scrapes;
    }

    /** The curves of some time, except {@code requests} of one route or ("") of all. */
    synchronized Curves curves(Steps time, String route) {
        var requests = new LinkedHashMap<String, List<Double>>();
        routes.forEach(name -> requests.put(name, perSecond(time, name + " +Inf")));
        double[] all = sum(time, route + " +Inf");
        var errors = new TreeMap<String, List<Double>>();
        for (String status : List.of("4xx", "5xx")) {
            double[] some = sum(time, route + ' ' + status);
            errors.put(status, curve(time, i -> some[i] / all[i]));
        }
        var percentiles = new TreeMap<>(Map.of("p50", percentile(time, route, .5), "p95", percentile(time, route, .95),
                "p99", percentile(time, route, .99)));
        var gauges = Map.of("cpuCores", perSecond(time, "cpu"), "activeRequests", highest(time, "active"),
                "heapBytes", highest(time, "area heap"), "oldGenerationBytes", highest(time, "old"));
        List<Dot> slowest = dots.stream().filter(dot -> route.isEmpty() || route.equals(dot.route))
                .filter(dot -> time.indexOf(dot.time) >= 0)
                .collect(groupingBy(dot -> time.indexOf(dot.time))).values().stream()
                .flatMap(ofStep -> ofStep.stream().sorted(comparingDouble(Dot::seconds).reversed())
                        .limit(DOTS_PER_STEP)).toList();
        return new Curves(time.from, time.step, time.steps, requests, errors, percentiles, gauges, slowest);
    }

    synchronized List<RouteRow> rows(long from, long to) {
        var time = new Steps(from, Math.clamp(to - from, 1, Integer.MAX_VALUE), 1);
        return routes.stream().filter(route -> sum(time, route + " +Inf")[0] > 0).map(route -> new RouteRow(route,
                (long) sum(time, route + " +Inf")[0], perSecond(time, route + " +Inf").getFirst(),
                (long) sum(time, route + " 4xx")[0], (long) sum(time, route + " 5xx")[0],
                percentile(time, route, .5).getFirst(), percentile(time, route, .95).getFirst(),
                percentile(time, route, .99).getFirst())).toList();
    }

    private List<Double> perSecond(Steps time, String name) {
        double[] growth = sum(time, name);
        double[] seconds = sum(time, "seconds");
        return curve(time, i -> growth[i] / seconds[i]);
    }

    private List<Double> highest(Steps time, String name) {
        double[] values = combined(time, name, Math::max);
        return curve(time, i -> values[i]);
    }

    private double[] sum(Steps time, String name) {
        return combined(time, name, Double::sum);
    }

    private double[] combined(Steps time, String name, DoubleBinaryOperator combine) {
        double[] values = new double[time.steps];
        float[] curve = curves.getOrDefault(name, new float[SECONDS]);
        for (int slot = 0; slot < SECONDS; slot++) {
            int i = time.indexOf(epochSeconds[slot]);
            if (i >= 0) {
                values[i] = combine.applyAsDouble(values[i], curve[slot]);
            }
        }
        return values;
    }

    /** To six decimals; null where no scrape was, or where there is no value. */
    private List<Double> curve(Steps time, IntToDoubleFunction value) {
        double[] seconds = sum(time, "seconds");
        return IntStream.range(0, time.steps).mapToObj(i -> {
            double number = seconds[i] == 0 ? Double.NaN : value.applyAsDouble(i);
            return Double.isNaN(number) ? null : (Double) (Math.rint(number * 1e6) / 1e6);
        }).toList();
    }

    /** PromQL's histogram_quantile: the values inside a bucket count as evenly spread. */
    private List<Double> percentile(Steps time, String route, double share) {
        List<double[]> buckets = bounds.values().stream().map(bound -> sum(time, route + ' ' + bound)).toList();
        return curve(time, step -> {
            double rank = buckets.isEmpty() ? 0 : share * buckets.getLast()[step];
            double low = 0;
            double below = 0;
            int i = 0;
            for (double high : bounds.keySet()) {
                double count = buckets.get(i++)[step];
                if (rank > 0 && count >= rank) {
                    return high == Double.POSITIVE_INFINITY ? low
                            : low + (high - low) * (rank - below) / (count - below);
                }
                low = high;
                below = count;
            }
            return Double.NaN; // nothing was counted
        });
    }
}
