package demo.tools.pocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingDouble;

import java.io.IOException;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.StringJoiner;
import java.util.function.Predicate;

/**
 * The newest traces. In the full stack Tempo does this.
 *
 * <p>A span id is stored once per trace: an exporter that gets no response sends a request again. The oldest trace is
 * evicted first, but a trace that a dot of the duration chart leads to is evicted last.
 *
 * <p>Any thread may call. Bound: {@value #MAX_BYTES} bytes with the objects around a span. A response has the first
 * {@value #MAX_SHOWN} spans of a trace, and ends after {@value #MAX_RESPONSE} bytes.
 */
final class TraceStore {
    static final long MAX_BYTES = 16_000_000;
    static final int MAX_SHOWN = 1_000;
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

    record Status(long spans, int tracesKept, long bytesKept, long maxBytes) {}

    /**
     * Which traces are wanted: with a span between two epoch seconds that has this route and status class; a root with
     * this name. An empty text means any. Order is newest, slowest, or typical: a successful trace of median duration.
     */
    record Query(long from, long to, String route, String status, String name, String order, int limit) {
        private boolean matches(Summary trace) {
            return trace.start + trace.seconds >= from && trace.start < to
                    && (name.isEmpty() || trace.complete && name.equals(trace.name))
                    && !(order.equals("typical") && (trace.error || trace.status.matches("[45].*")));
        }

        private boolean matches(ReceivedSpan span) {
            return (route.isEmpty() || route.equals(span.route()))
                    && (status.isEmpty() || !span.status().isEmpty() && status.charAt(0) == span.status().charAt(0));
        }
    }

    private final Predicate<String> hasDot;
    // all guarded by this
    private final LinkedHashMap<String, Map<Long, ReceivedSpan>> traces = new LinkedHashMap<>(); // then by span id
    private long bytes;
    private long received;

    TraceStore(Predicate<String> hasDot) {
        this.hasDot = hasDot;
    }

    synchronized void add(List<ReceivedSpan> spans) {
        for (ReceivedSpan span : spans) {
            var trace = traces.computeIfAbsent(span.trace(), _ -> new LinkedHashMap<>(4));
            if (trace.putIfAbsent(span.id(), span) == null) {
                bytes += span.memory() + (trace.size() == 1 ? TRACE_BYTES : 0);
                received++;
            }
        }
        evict(id -> !hasDot.test(id));
        evict(_ -> true);
    }

    private void evict(Predicate<String> which) {
        for (var oldest = traces.entrySet().iterator(); bytes > MAX_BYTES && oldest.hasNext(); ) {
            var trace = oldest.next();
            if (which.test(trace.getKey())) {
                bytes -= TRACE_BYTES + trace.getValue().values().stream().mapToLong(ReceivedSpan::memory).sum();
                oldest.remove();
            }
        }
    }

    synchronized List<Summary> find(Query query) {
        var found = traces.sequencedValues().reversed().stream()
                .filter(trace -> trace.values().stream().anyMatch(query::matches))
                .map(trace -> Summary.of(trace.values())).filter(query::matches);
        return switch (query.order) {
            case "typical" -> {
                List<Summary> sorted = found.sorted(comparingDouble(Summary::seconds)).toList();
                yield sorted.stream().skip((sorted.size() - 1) / 2).limit(1).toList();
            }
            case "slowest" -> found.sorted(comparingDouble(Summary::seconds).reversed()).limit(query.limit).toList();
            default -> found.limit(query.limit).toList();
        };
    }

    /** One trace as OTLP/JSON. Throws NoSuchElementException if it is not stored. */
    byte[] trace(String id) throws IOException {
        List<ReceivedSpan> spans;
        synchronized (this) {
            if (!traces.containsKey(id)) {
                throw new NoSuchElementException("no such trace");
            }
            spans = traces.get(id).values().stream().limit(MAX_SHOWN).toList();
        }
        // One span is decoded at a time: the objects of all spans would need more memory than the response.
        var json = new StringJoiner(",", "{\"resourceSpans\":[", "]}");
        for (ReceivedSpan span : spans) {
            if (json.length() < MAX_RESPONSE) {
                json.add(span.json());
            }
        }
        return json.toString().getBytes(UTF_8);
    }

    synchronized Status status() {
        return new Status(received, traces.size(), bytes, MAX_BYTES);
    }
}
