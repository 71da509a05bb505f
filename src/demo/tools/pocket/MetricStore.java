package demo.tools.pocket;

import static java.util.Comparator.comparingDouble;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toCollection;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.DoubleBinaryOperator;
import java.util.function.IntToDoubleFunction;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The results of the scrapes, second by second. In the full stack Mimir does this, for any metric and for years.
 *
 * <p>A counter only grows while the service lives; stored is its growth since the previous scrape (PromQL's
 * {@code increase}). A counter below its previous value has started at zero again: the service was restarted. Seconds
 * without a scrape are gaps, not zeros.
 *
 * <p>Any thread may call. Bounds: 15 minutes; {@value #MAX_SERIES} series of 3.6 KB, later ones are dropped; dots of
 * {@value #MAX_DOTS} traces, the oldest are evicted first.
 *
 * <pre>
 * epoch second     … 1016 1017 1018 1019 …
 * slot                116  117  118  119        second modulo 900
 * covered, ms        1000 1001    0 1999        0: no scrape in that second
 * bySecond, a series    4    0    0    7        a counter's growth, or a gauge's value
 * </pre>
 */
final class MetricStore {
    static final int SECONDS = 900;
    static final int MAX_SERIES = 1_024;
    static final int MAX_DOTS = 4_096;
    private static final int DOTS_PER_STEP = 3;
    private static final String BUCKET = "http_server_request_duration_seconds_bucket";
    private static final String CPU = "process_cpu_seconds_total";
    private static final String ACTIVE = "http_server_active_requests";
    private static final String HEAP = "jvm_memory_used_bytes";
    private static final String POOL = "jvm_memory_pool_used_bytes";
    private static final Set<String> KEPT = Set.of(BUCKET, CPU, ACTIVE, HEAP, POOL);
    /** Requests of machines, every second or so and without a trace: they would hide the requests of people. */
    private static final Set<String> MACHINE_ROUTES = Set.of("/metrics", "/healthz", "/readyz");

    /** One request that the duration chart shows as a dot, a way to its trace; {@code time} is in epoch seconds. */
    record Dot(double time, double seconds, String trace, String method, String route, String status) {}

    /**
     * Curves over time: a value per step of {@code step} seconds, null where no scrape was. {@code requests} is per
     * second, {@code errors} the share of requests with status 4xx and 5xx, {@code percentiles} and
     * {@code lowestBucket} are seconds: a percentile equal to that bucket means "at most".
     */
    record Curves(long from, int step, int steps, Map<String, List<Double>> requests, Map<String, List<Double>> errors,
            Map<String, List<Double>> percentiles, double lowestBucket, Map<String, List<Double>> gauges,
            List<Dot> dots) {}

    /** One route's requests in all: counts, and percentiles in seconds as in {@link Curves}. */
    record RouteRow(String route, long requests, double perSecond, long status4xx, long status5xx, Double p50,
            Double p95, Double p99, double lowestBucket) {}

    record Status(long scrapes, int series, int maxSeries) {}

    private record Key(String name, Map<String, String> labels) {}

    private static final class Series {
        final Key key;
        final double bound; // of a bucket
        final float[] bySecond = new float[SECONDS];
        double last; // a counter's value in the previous scrape

        Series(Key key) {
            this.key = key;
            bound = key.name.equals(BUCKET) ? OpenMetrics.number(key.labels.getOrDefault("le", "")) : Double.NaN;
        }

        boolean is(String name, String label, String valuePattern) {
            return key.name.equals(name) && key.labels.getOrDefault(label, "").matches(valuePattern);
        }

        /** Whether this is a bucket of the route, or of any route (""). */
        boolean isOf(String route) {
            return key.name.equals(BUCKET) && (route.isEmpty() || route.equals(key.labels.get("http_route")));
        }

        /** Whether this is the bucket that counts every request of the route with such a status. */
        boolean counts(String route, String statusPattern) {
            return bound == Double.POSITIVE_INFINITY && isOf(route)
                    && is(BUCKET, "http_response_status_code", statusPattern);
        }
    }

    /** A stretch of time: the slots in it, each with its step. */
    private record Steps(int count, int[] slots, int[] step) {}

    // all guarded by this
    private final Map<Key, Series> series = new LinkedHashMap<>();
    private final Series covered = new Series(new Key("covered", Map.of())); // milliseconds that scrapes have seen
    /** By trace, then by route: an order and its payment share a trace, and each has a dot. */
    private final Map<String, Map<String, Dot>> dots = new LinkedHashMap<>();
    private final long[] second = new long[SECONDS];
    private Instant previous; // the time of the counters' last values; null if unknown
    private long scrapes;

    /** Stores one scrape. Throws IllegalArgumentException, and stores nothing, if the text is not OpenMetrics. */
    synchronized void scraped(Instant now, String text) {
        List<OpenMetrics.Sample> samples = OpenMetrics.read(text, KEPT::contains)
                .filter(sample -> !MACHINE_ROUTES.contains(sample.labels().getOrDefault("http_route", ""))).toList();
        int slot = Math.floorMod(now.getEpochSecond(), SECONDS);
        if (second[slot] != now.getEpochSecond()) {
            second[slot] = now.getEpochSecond();
            covered.bySecond[slot] = 0;
            series.values().forEach(one -> one.bySecond[slot] = 0);
        }
        if (previous != null) {
            covered.bySecond[slot] += Math.clamp(now.toEpochMilli() - previous.toEpochMilli(), 1, 60_000);
        }
        for (OpenMetrics.Sample sample : samples) {
            var key = new Key(sample.name(), sample.labels());
            if (series.size() < MAX_SERIES || series.containsKey(key)) {
                add(series.computeIfAbsent(key, Series::new), slot, sample.value());
            }
            if (sample.exemplar() != null) {
                add(sample.labels(), sample.exemplar(), now);
            }
        }
        previous = now;
        scrapes++;
    }

    private void add(Series one, int slot, double value) {
        if (!one.key.name.equals(BUCKET) && !one.key.name.equals(CPU)) {
            one.bySecond[slot] = (float) value;
        } else if (previous != null) { // the time of what was counted before the first scrape is unknown
            one.bySecond[slot] += (float) (value - (value < one.last ? 0 : one.last));
        }
        one.last = value;
    }

    /** A client library gives an exemplar again in each scrape, until a newer one replaces it. */
    private void add(Map<String, String> labels, OpenMetrics.Exemplar exemplar, Instant scraped) {
        double time = Double.isNaN(exemplar.epochSeconds()) ? scraped.getEpochSecond() : exemplar.epochSeconds();
        var dot = new Dot(time, exemplar.value(), exemplar.labels().getOrDefault("trace_id", ""),
                labels.getOrDefault("http_request_method", ""), labels.getOrDefault("http_route", ""),
                labels.getOrDefault("http_response_status_code", ""));
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
        return new Status(scrapes, series.size(), MAX_SERIES);
    }

    /** The curves from one epoch second on, of one route or ("") of all. */
    synchronized Curves curves(long from, int step, int steps, String route) {
        Steps at = steps(from, step, steps);
        double[] seconds = seconds(at);
        double[] all = growth(at, one -> one.counts(route, ".*"));
        var requests = new LinkedHashMap<String, List<Double>>();
        for (String name : routes()) {
            double[] growth = growth(at, one -> one.counts(name, ".*"));
            if ((route.isEmpty() || route.equals(name)) && DoubleStream.of(growth).sum() > 0) {
                requests.put(name, curve(seconds, i -> growth[i] / seconds[i]));
            }
        }
        var errors = new LinkedHashMap<String, List<Double>>();
        for (String status : List.of("4xx", "5xx")) {
            double[] growth = growth(at, one -> one.counts(route, status.replace('x', '.')));
            errors.put(status, curve(seconds, i -> growth[i] / all[i]));
        }
        SortedMap<Double, double[]> buckets = buckets(at, route);
        var percentiles = new LinkedHashMap<String, List<Double>>();
        for (int percent : new int[] {50, 95, 99}) {
            percentiles.put("p" + percent, curve(seconds, i -> quantile(percent / 100.0, buckets, i)));
        }
        double[] cpu = growth(at, one -> one.key.name.equals(CPU));
        double[] active = highest(at, one -> one.key.name.equals(ACTIVE));
        double[] heap = highest(at, one -> one.is(HEAP, "area", "heap"));
        double[] old = highest(at, one -> one.is(POOL, "pool", ".*(Tenured|Old) Gen"));
        var gauges = Map.of("cpuCores", curve(seconds, i -> cpu[i] / seconds[i]),
                "activeRequests", curve(seconds, i -> active[i]), "heapBytes", curve(seconds, i -> heap[i]),
                "oldGenerationBytes", curve(seconds, i -> old[i]));
        return new Curves(from, step, steps, requests, errors, percentiles, lowest(buckets), gauges,
                slowest(from, step, steps, route));
    }

    synchronized List<RouteRow> rows(long from, long to) {
        Steps at = steps(from, Math.clamp(to - from, 1, Integer.MAX_VALUE), 1);
        var rows = new ArrayList<RouteRow>();
        for (String route : routes()) {
            long requests = (long) growth(at, one -> one.counts(route, ".*"))[0];
            SortedMap<Double, double[]> buckets = buckets(at, route);
            if (requests > 0) {
                rows.add(new RouteRow(route, requests, round(requests / seconds(at)[0]),
                        (long) growth(at, one -> one.counts(route, "4.."))[0],
                        (long) growth(at, one -> one.counts(route, "5.."))[0], quantile(.5, buckets, 0),
                        quantile(.95, buckets, 0), quantile(.99, buckets, 0), lowest(buckets)));
            }
        }
        return rows;
    }

    private Set<String> routes() {
        return series.values().stream().filter(one -> one.isOf("")).map(one -> one.key.labels.get("http_route"))
                .collect(toCollection(TreeSet::new));
    }

    private Steps steps(long from, int step, int steps) {
        int[] slots = IntStream.range(0, SECONDS)
                .filter(slot -> second[slot] >= from && second[slot] < from + (long) step * steps).toArray();
        return new Steps(steps, slots, IntStream.of(slots).map(slot -> (int) ((second[slot] - from) / step)).toArray());
    }

    private static double[] collect(Steps at, List<Series> some, DoubleBinaryOperator combine) {
        double[] values = new double[at.count];
        for (int i = 0; i < at.slots.length; i++) {
            double sum = 0;
            for (Series one : some) {
                sum += one.bySecond[at.slots[i]];
            }
            values[at.step[i]] = combine.applyAsDouble(values[at.step[i]], sum);
        }
        return values;
    }

    private double[] growth(Steps at, Predicate<Series> which) {
        return collect(at, series.values().stream().filter(which).toList(), Double::sum);
    }

    /** The highest value in each step of the sum of some gauges. */
    private double[] highest(Steps at, Predicate<Series> which) {
        return collect(at, series.values().stream().filter(which).toList(), Math::max);
    }

    /** How many seconds of each step scrapes have seen. */
    private double[] seconds(Steps at) {
        return DoubleStream.of(collect(at, List.of(covered), Double::sum)).map(millis -> millis / 1000).toArray();
    }

    /** null where no scrape was, or where there is no value. */
    private static List<Double> curve(double[] seconds, IntToDoubleFunction value) {
        return IntStream.range(0, seconds.length).mapToObj(i -> {
            double number = seconds[i] == 0 ? Double.NaN : value.applyAsDouble(i);
            return Double.isNaN(number) ? null : (Double) round(number);
        }).toList();
    }

    /** To six decimals, for readers of the API. */
    private static double round(double number) {
        return Math.rint(number * 1e6) / 1e6;
    }

    /** By upper bound: how many requests in each step took at most that long. */
    private SortedMap<Double, double[]> buckets(Steps at, String route) {
        var buckets = new TreeMap<Double, double[]>();
        series.values().stream().filter(one -> one.isOf(route)).collect(groupingBy(one -> one.bound))
                .forEach((bound, some) -> buckets.put(bound, collect(at, some, Double::sum)));
        return buckets;
    }

    private static double lowest(SortedMap<Double, double[]> buckets) {
        return buckets.isEmpty() ? 0 : buckets.firstKey();
    }

    /**
     * PromQL's histogram_quantile, which takes the values inside a bucket as evenly spread; but inside the lowest
     * bucket the bucket's bound, because nothing is known below. NaN if nothing was counted.
     */
    private static double quantile(double share, SortedMap<Double, double[]> buckets, int step) {
        double rank = buckets.isEmpty() ? 0 : share * buckets.lastEntry().getValue()[step];
        double low = Double.NaN;
        double below = 0;
        for (var bucket : buckets.entrySet()) {
            double high = bucket.getKey();
            double count = bucket.getValue()[step];
            if (rank > 0 && count >= rank) {
                return Double.isNaN(low) ? high : high == Double.POSITIVE_INFINITY ? low
                        : round(low + (high - low) * (rank - below) / (count - below));
            }
            low = high;
            below = count;
        }
        return Double.NaN;
    }

    private List<Dot> slowest(long from, int step, int steps, String route) {
        Stream<Dot> some = dots.values().stream().flatMap(byRoute -> byRoute.values().stream())
                .filter(dot -> dot.time >= from && dot.time < from + (double) step * steps)
                .filter(dot -> route.isEmpty() || route.equals(dot.route));
        return some.collect(groupingBy(dot -> (int) ((dot.time - from) / step))).values().stream()
                .flatMap(ofStep -> ofStep.stream().sorted(comparingDouble(Dot::seconds).reversed())
                        .limit(DOTS_PER_STEP))
                .toList();
    }
}
