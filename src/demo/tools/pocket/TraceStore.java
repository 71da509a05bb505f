package demo.tools.pocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingDouble;

import demo.json.Json;
import java.io.IOException;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Supplier;

/**
 * The newest traces. In the full stack Tempo does this.
 *
 * <p>A span id is stored once per trace: an exporter that gets no response sends a request again. The oldest trace is
 * evicted first, but a trace that a dot of the duration chart leads to is evicted last.
 *
 * <p>Any thread may call. Bound: {@value #MAX_BYTES} bytes with the objects around a span. A response ends with the
 * span that makes it longer than {@value #MAX_RESPONSE} characters.
 */
final class TraceStore {
    static final long MAX_BYTES = 16_000_000;
    static final int MAX_RESPONSE = 1_000_000;
    private static final int TRACE_BYTES = 400;

    /**
     * A trace in a list.
     *
     * @param name     of the root; of the earliest span while the root has not arrived ({@code complete} is false)
     * @param status   HTTP status code of that span, "" if absent
     * @param error    whether any span has the status ERROR
     * @param start    epoch seconds
     * @param seconds  from the first start to the last end
     */
    record Summary(String trace, String name, String service, String status, boolean complete, boolean error,
            double start, double seconds, int spans) {
        private static Summary of(Collection<ReceivedSpan> spans) {
            ReceivedSpan named = Collections.min(spans,
                    comparing((ReceivedSpan span) -> !span.root()).thenComparing(ReceivedSpan::start));
            long start = spans.stream().mapToLong(ReceivedSpan::start).min().orElseThrow();
            long end = spans.stream().mapToLong(ReceivedSpan::end).max().orElseThrow();
            return new Summary(named.trace(), named.name(), named.service(), named.status(), named.root(),
                    spans.stream().anyMatch(ReceivedSpan::error), start / 1e6, (end - start) / 1e6, spans.size());
        }
    }

    /**
     * Which traces are wanted: between two epoch seconds, with a span that has this route and status class. An empty
     * text means any. Slowest or newest first.
     */
    record Query(long from, long to, String route, String statusDigit, boolean slowest, int limit) {
        private boolean matches(ReceivedSpan span) {
            return (route.isEmpty() || route.equals(span.route())) && span.status().startsWith(statusDigit);
        }
    }

    private final Supplier<Set<String>> tracesWithDot;
    // all guarded by this
    private final LinkedHashMap<String, Map<Long, ReceivedSpan>> traces = new LinkedHashMap<>(); // then by span id
    private long bytes;
    private long received;

    TraceStore(Supplier<Set<String>> tracesWithDot) {
        this.tracesWithDot = tracesWithDot;
    }

    synchronized void add(List<ReceivedSpan> spans) {
        for (ReceivedSpan span : spans) {
            var trace = traces.computeIfAbsent(span.trace(), _ -> new LinkedHashMap<>(4));
            if (trace.putIfAbsent(span.id(), span) == null) {
                bytes += span.memory() + (trace.size() == 1 ? TRACE_BYTES : 0);
                received++;
            }
        }
        if (bytes > MAX_BYTES) {
            evict(tracesWithDot.get());
            evict(Set.of());
        }
    }

    private void evict(Set<String> except) {
        for (var oldest = traces.entrySet().iterator(); bytes > MAX_BYTES && oldest.hasNext(); ) {
            var trace = oldest.next();
            if (!except.contains(trace.getKey())) {
                bytes -= TRACE_BYTES + trace.getValue().values().stream().mapToLong(ReceivedSpan::memory).sum();
                oldest.remove();
            }
        }
    }

    synchronized List<Summary> find(Query query) {
        var found = traces.sequencedValues().reversed().stream()
                .filter(trace -> trace.values().stream().anyMatch(query::matches))
                .map(trace -> Summary.of(trace.values()))
                .filter(trace -> trace.start + trace.seconds >= query.from && trace.start < query.to);
        return (query.slowest ? found.sorted(comparingDouble(Summary::seconds).reversed()) : found)
                .limit(query.limit).toList();
    }

    /** The spans of one trace by start, as a JSON array. Throws NoSuchElementException if the trace is not stored. */
    byte[] trace(String id) throws IOException {
        List<ReceivedSpan> spans;
        synchronized (this) {
            if (!traces.containsKey(id)) {
                throw new NoSuchElementException("no such trace");
            }
            spans = traces.get(id).values().stream().sorted(comparing(ReceivedSpan::start)).toList();
        }
        // One span is decoded at a time: the objects of all spans would need more memory than the response.
        var json = new StringJoiner(",", "[", "]");
        for (ReceivedSpan span : spans) {
            if (json.length() < MAX_RESPONSE) {
                json.add(new String(Json.write(span.decoded()), UTF_8));
            }
        }
        return json.toString().getBytes(UTF_8);
    }

    /** How many spans were stored since the start. */
    synchronized long received() {
        return received;
    }
}
