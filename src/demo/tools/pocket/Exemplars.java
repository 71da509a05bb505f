package demo.tools.pocket;

import static java.util.Comparator.comparingDouble;
import static java.util.stream.Collectors.groupingBy;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Single requests that the duration chart shows as dots, each a way to its trace. A client library puts the newest one
 * beside each bucket of a histogram, where it is scraped again and again until another takes its place.
 *
 * <p>Bound: those of {@value #MAX_TRACES} traces, the oldest go first. Not for threads: its owner guards it.
 */
final class Exemplars {
    static final int MAX_TRACES = 4_096;
    private static final int SHOWN_PER_STEP = 3;

    /** {@code time} is in epoch seconds. */
    record Dot(double time, double seconds, String trace, String method, String route, String status) {}

    /** By trace, then by route: an order and its payment share a trace, and each has a dot. */
    private final Map<String, Map<String, Dot>> dots = new LinkedHashMap<>();

    void take(Map<String, String> labels, OpenMetrics.Exemplar exemplar, Instant scraped) {
        String trace = exemplar.labels().getOrDefault("trace_id", "");
        double time = Double.isNaN(exemplar.epochSeconds()) ? scraped.getEpochSecond() : exemplar.epochSeconds();
        var dot = new Dot(time, exemplar.value(), trace, labels.getOrDefault("http_request_method", ""),
                labels.getOrDefault("http_route", ""), labels.getOrDefault("http_response_status_code", ""));
        dots.computeIfAbsent(trace, _ -> new LinkedHashMap<>(2)).putIfAbsent(dot.route, dot);
        if (dots.size() > MAX_TRACES) {
            dots.remove(dots.keySet().iterator().next());
        }
    }

    boolean has(String trace) {
        return dots.containsKey(trace);
    }

    /** The slowest of each step, of one route or ("") of all. */
    List<Dot> slowest(long from, int step, int steps, String route) {
        return dots.values().stream().flatMap(byRoute -> byRoute.values().stream())
                .filter(dot -> dot.time >= from && dot.time < from + (double) step * steps)
                .filter(dot -> route.isEmpty() || route.equals(dot.route))
                .collect(groupingBy(dot -> (int) ((dot.time - from) / step))).values().stream()
                .flatMap(some -> some.stream().sorted(comparingDouble(Dot::seconds).reversed()).limit(SHOWN_PER_STEP))
                .toList();
    }
}
