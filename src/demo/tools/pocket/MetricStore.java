package demo.tools.pocket;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What the scrapes said, second by second. Mimir does this job in the full stack, for any metric and for years.
 *
 * <p>A counter only grows while the service lives; what is kept is its growth since the scrape before (PromQL's
 * {@code increase}), so that the page has only to add up. A counter that is lower than before began at zero again: the
 * service was restarted. Seconds without a scrape are gaps, never zeros.
 *
 * <p>Any thread may call. Bounds: 15 minutes; {@value #MAX_SERIES} series of 3.6 KB each, later ones are left out.
 *
 * <pre>
 * epoch second     … 1016 1017 1018 1019 …
 * slot                116  117  118  119        second modulo 900
 * covered, ms        1000 1001    0 1999        0: no scrape in that second
 * bySecond, a series    4    0    0    7        a counter's growth, or what a gauge stood at
 * </pre>
 */
final class MetricStore {
    static final int SECONDS = 900;
    static final int MAX_SERIES = 1_024;
    private static final String BUCKET = "http_server_request_duration_seconds_bucket";
    private static final Set<String> KEPT = Set.of(BUCKET, "http_server_active_requests",
            "jvm_memory_used_bytes", "jvm_memory_pool_collection_used_bytes");
    /** Asked by machines every second or so, and never traced: they would hide what people wait for. */
    private static final Set<String> MACHINES_OWN = Set.of("/metrics", "/healthz", "/readyz");

    /** One series in the steps asked for; no values where all are 0. */
    record Series(String name, Map<String, String> labels, long[] values) {}

    /** {@code millis}: how much of each step was seen by scrapes. */
    record Answer(long[] millis, List<Series> series, List<Exemplars.Dot> dots) {}

    record Status(long scrapes, int series, int seriesMost) {}

    private record Key(String name, Map<String, String> labels) {}

    private static final class Ring {
        double last; // a counter's value, as the previous scrape gave it
        final float[] bySecond = new float[SECONDS];
    }

    // all guarded by this
    private final Map<Key, Ring> rings = new LinkedHashMap<>();
    private final Exemplars exemplars = new Exemplars();
    private final long[] second = new long[SECONDS];
    private final long[] covered = new long[SECONDS];
    private Instant previous; // when counters stood at what their rings say; null while nobody knows
    private long scrapes;

    /** Takes one scrape's text. Throws IllegalArgumentException, and takes nothing, where it breaks its format. */
    synchronized void scraped(Instant now, String text) {
        List<OpenMetrics.Sample> samples = OpenMetrics.read(text, KEPT::contains)
                .filter(sample -> !MACHINES_OWN.contains(sample.labels().getOrDefault("http_route", ""))).toList();
        int slot = Math.floorMod(now.getEpochSecond(), SECONDS);
        if (second[slot] != now.getEpochSecond()) {
            second[slot] = now.getEpochSecond();
            covered[slot] = 0;
            rings.values().forEach(ring -> ring.bySecond[slot] = 0);
        }
        if (previous != null) {
            covered[slot] += Math.clamp(now.toEpochMilli() - previous.toEpochMilli(), 1, 60_000);
        }
        for (OpenMetrics.Sample sample : samples) {
            var key = new Key(sample.name(), sample.labels());
            if (rings.size() < MAX_SERIES || rings.containsKey(key)) {
                take(rings.computeIfAbsent(key, _ -> new Ring()), slot, sample);
            }
            if (sample.exemplar() != null) {
                exemplars.take(sample.labels(), sample.exemplar(), now);
            }
        }
        previous = now;
        scrapes++;
    }

    private void take(Ring ring, int slot, OpenMetrics.Sample sample) {
        double before = sample.value() < ring.last ? 0 : ring.last;
        if (!sample.name().equals(BUCKET)) {
            ring.bySecond[slot] = (float) sample.value();
        } else if (previous != null) { // what was counted before the first look has no time
            ring.bySecond[slot] += (float) (sample.value() - before);
        }
        ring.last = sample.value();
    }

    /** The service did not answer. If it never had, all that it counts from now on is new. */
    synchronized void missed(Instant now) {
        if (scrapes == 0) {
            previous = now;
        }
    }

    /** Whether a dot of the duration chart leads to this trace, so that it is worth keeping longest. */
    synchronized boolean hasDot(String trace) {
        return exemplars.has(trace);
    }

    synchronized Status status() {
        return new Status(scrapes, rings.size(), MAX_SERIES);
    }

    /**
     * Every series in so many steps of {@code step} seconds from an epoch second on: a counter's growth, a gauge's
     * greatest value; and the slowest dots of each step, of one route or ("") of all.
     */
    synchronized Answer read(long from, int step, int steps, String route) {
        long[] millis = new long[steps];
        int[] slots = IntStream.range(0, SECONDS)
                .filter(slot -> second[slot] >= from && second[slot] < from + (long) step * steps).toArray();
        for (int slot : slots) {
            millis[(int) (second[slot] - from) / step] += covered[slot];
        }
        var series = new ArrayList<Series>();
        rings.forEach((key, ring) -> {
            long[] values = new long[steps];
            for (int slot : slots) {
                int at = (int) (second[slot] - from) / step;
                long value = (long) ring.bySecond[slot];
                values[at] = key.name.equals(BUCKET) ? values[at] + value : Math.max(values[at], value);
            }
            boolean idle = Arrays.stream(values).allMatch(value -> value == 0);
            series.add(new Series(key.name, key.labels, idle ? new long[0] : values));
        });
        return new Answer(millis, series, exemplars.slowest(from, step, steps, route));
    }
}
