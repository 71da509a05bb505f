package demo.tools.pocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Comparator.comparingLong;

import demo.json.Json;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    private static final String RESOURCE_SPANS = """
            {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":%s}}]},\
            "scopeSpans":[{"spans":[%s]}]}""";

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
            double start, double seconds, int spans) {}

    record Status(long spans, int tracesKept, long bytesKept, long maxBytes) {}

    /**
     * Which traces are wanted: with a span between two epoch seconds that has this route and status class; a root with
     * this name. An empty text means any. Order is newest, slowest, or typical: a successful trace of median duration.
     */
    record Query(long from, long to, String route, String status, String name, String order, int limit) {
        private boolean matches(Trace trace) {
            ReceivedSpan named = trace.named;
            return trace.end >= from * 1e6 && trace.start < to * 1e6
                    && trace.spans.values().stream().anyMatch(this::matches)
                    && (name.isEmpty() || named.root() && name.equals(named.name()))
                    && !(order.equals("typical") && (trace.error || named.status().matches("[45].*")));
        }

        private boolean matches(ReceivedSpan span) {
            return (route.isEmpty() || route.equals(span.route()))
                    && (status.isEmpty() || !span.status().isEmpty() && status.charAt(0) == span.status().charAt(0));
        }
    }

    private static final class Trace {
        final Map<Long, ReceivedSpan> spans = new LinkedHashMap<>(4); // by span id
        ReceivedSpan named; // the root, or the earliest span
        boolean error;
        long start = Long.MAX_VALUE; // epoch microseconds
        long end = Long.MIN_VALUE;

        void add(ReceivedSpan span) {
            if (named == null || !named.root() && (span.root() || span.start() < named.start())) {
                named = span;
            }
            error |= span.error();
            start = Math.min(start, span.start());
            end = Math.max(end, span.end());
        }

        long micros() {
            return end - start;
        }

        Summary summary() {
            return new Summary(named.trace(), named.name(), named.service(), named.status(), named.root(), error,
                    start / 1e6, micros() / 1e6, spans.size());
        }
    }

    private final Predicate<String> hasDot;
    // all guarded by this
    private final LinkedHashMap<String, Trace> traces = new LinkedHashMap<>();
    private long bytes;
    private long received;

    TraceStore(Predicate<String> hasDot) {
        this.hasDot = hasDot;
    }

    synchronized void add(List<ReceivedSpan> spans) {
        for (ReceivedSpan span : spans) {
            Trace trace = traces.computeIfAbsent(span.trace(), _ -> new Trace());
            if (trace.spans.putIfAbsent(span.id(), span) == null) {
                bytes += span.memory() + (trace.named == null ? TRACE_BYTES : 0);
                received++;
                trace.add(span);
            }
        }
        evict(id -> !hasDot.test(id));
        evict(_ -> true);
    }

    private void evict(Predicate<String> which) {
        for (Iterator<Map.Entry<String, Trace>> oldest = traces.entrySet().iterator();
                bytes > MAX_BYTES && oldest.hasNext(); ) {
            var trace = oldest.next();
            if (which.test(trace.getKey())) {
                bytes -= TRACE_BYTES + trace.getValue().spans.values().stream().mapToLong(ReceivedSpan::memory).sum();
                oldest.remove();
            }
        }
    }

    synchronized List<Summary> find(Query query) {
        var found = traces.sequencedValues().reversed().stream().filter(query::matches);
        if (query.order.equals("typical")) {
            List<Trace> sorted = found.sorted(comparingLong(Trace::micros)).toList();
            return sorted.stream().skip((sorted.size() - 1) / 2).limit(1).map(Trace::summary).toList();
        }
        return (query.order.equals("slowest") ? found.sorted(comparingLong(Trace::micros).reversed()) : found)
                .limit(query.limit).map(Trace::summary).toList();
    }

    /** One trace as OTLP/JSON; null if it is not stored. */
    byte[] trace(String id) throws IOException {
        List<ReceivedSpan> spans;
        synchronized (this) {
            Trace trace = traces.get(id);
            if (trace == null) {
                return null;
            }
            spans = trace.spans.values().stream().limit(MAX_SHOWN).toList();
        }
        // One span is decoded at a time: the objects of all spans would need more memory than the response.
        var json = new StringJoiner(",", "{\"resourceSpans\":[", "]}");
        for (ReceivedSpan span : spans) {
            if (json.length() < MAX_RESPONSE) {
                json.add(RESOURCE_SPANS.formatted(new String(Json.write(span.service()), UTF_8),
                        new String(Json.write(OtlpJson.of(Span.parseFrom(span.bytes()))), UTF_8)));
            }
        }
        return json.toString().getBytes(UTF_8);
    }

    synchronized Status status() {
        return new Status(received, traces.size(), bytes, MAX_BYTES);
    }
}
