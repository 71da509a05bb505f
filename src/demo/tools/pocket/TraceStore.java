package demo.tools.pocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Comparator.comparingLong;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import demo.json.Json;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Predicate;

/**
 * The newest traces. In the full stack Tempo does this.
 *
 * <p>Spans stay encoded, because decoded spans are many small objects. A span id is stored once per trace: an exporter
 * that gets no response sends a request again. The oldest trace is evicted first, but a trace that a dot of the
 * duration chart leads to is evicted last.
 *
 * <p>Any thread may call. Bound: {@value #MAX_BYTES} bytes with the objects around a span. A response has the first
 * {@value #MAX_SHOWN} spans of a trace, and ends after {@value #MAX_RESPONSE} bytes.
 */
final class TraceStore {
    static final long MAX_BYTES = 16_000_000;
    static final int MAX_SHOWN = 1_000;
    static final int MAX_RESPONSE = 1_000_000;
    private static final int SPAN_BYTES = 250; // beside the encoded span, like the next two
    private static final int TRACE_BYTES = 600;
    private static final int TAG_BYTES = 100;
    private static final int MAX_TAGS = 8;

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
    record Query(long from, long to, String route, String status, String name, String order, int limit) {}

    /** One span's route and status: an order and its payment have two in one trace. */
    private record Tag(String route, String status) {
        boolean matches(Query query) {
            return (query.route.isEmpty() || query.route.equals(route))
                    && (query.status.isEmpty() || !status.isEmpty() && status.charAt(0) == query.status.charAt(0));
        }
    }

    private record Kept(String service, byte[] bytes) {}

    private static final class Trace {
        final String id;
        final SequencedMap<Long, Kept> spans = new LinkedHashMap<>(4); // by span id
        final Set<Tag> tags = new HashSet<>(4);
        ReceivedSpan named; // the root, or the earliest span; without its bytes
        boolean error;
        long start = Long.MAX_VALUE; // epoch microseconds
        long end = Long.MIN_VALUE;
        long bytes = TRACE_BYTES;

        Trace(String id) {
            this.id = id;
        }

        long micros() {
            return end - start;
        }

        Summary summary() {
            return new Summary(id, named.name(), named.service(), named.status(), named.root(), error, start / 1e6,
                    micros() / 1e6, spans.size());
        }
    }

    private final Predicate<String> hasDot;
    // all guarded by this
    private final SequencedMap<String, Trace> traces = new LinkedHashMap<>();
    private long bytes;
    private long received;

    TraceStore(Predicate<String> hasDot) {
        this.hasDot = hasDot;
    }

    synchronized void add(List<ReceivedSpan> spans) {
        for (ReceivedSpan span : spans) {
            Trace trace = traces.computeIfAbsent(span.trace(), Trace::new);
            bytes -= trace.spans.isEmpty() ? 0 : trace.bytes;
            add(trace, span);
            bytes += trace.bytes;
        }
        evict(trace -> !hasDot.test(trace.id));
        evict(_ -> true);
    }

    private void add(Trace trace, ReceivedSpan span) {
        if (trace.spans.putIfAbsent(span.id(), new Kept(span.service(), span.bytes())) != null) {
            return;
        }
        received++;
        trace.bytes += SPAN_BYTES + span.bytes().length + 2L * span.service().length();
        if (trace.named == null || !trace.named.root() && (span.root() || span.start() < trace.named.start())) {
            trace.bytes += 2L * span.name().length();
            trace.named = span.withoutBytes();
        }
        trace.error |= span.error();
        trace.start = Math.min(trace.start, span.start());
        trace.end = Math.max(trace.end, span.end());
        if (trace.tags.size() < MAX_TAGS && trace.tags.add(new Tag(span.route(), span.status()))) {
            trace.bytes += TAG_BYTES + 2L * (span.route().length() + span.status().length());
        }
    }

    private void evict(Predicate<Trace> which) {
        for (Iterator<Trace> oldest = traces.values().iterator(); bytes > MAX_BYTES && oldest.hasNext(); ) {
            Trace trace = oldest.next();
            if (which.test(trace)) {
                bytes -= trace.bytes;
                oldest.remove();
            }
        }
    }

    synchronized List<Summary> find(Query query) {
        boolean typical = query.order.equals("typical");
        var found = traces.sequencedValues().reversed().stream()
                .filter(trace -> trace.end >= query.from * 1e6 && trace.start < query.to * 1e6)
                .filter(trace -> trace.tags.stream().anyMatch(tag -> tag.matches(query)))
                .filter(trace -> query.name.isEmpty() || trace.named.root() && query.name.equals(trace.named.name()))
                .filter(trace -> !typical || !trace.error && !trace.named.status().matches("[45].*"));
        if (typical) {
            List<Trace> sorted = found.sorted(comparingLong(Trace::micros)).toList();
            return sorted.stream().skip((sorted.size() - 1) / 2).limit(1).map(Trace::summary).toList();
        }
        return (query.order.equals("slowest") ? found.sorted(comparingLong(Trace::micros).reversed()) : found)
                .limit(query.limit).map(Trace::summary).toList();
    }

    /** One trace as OTLP/JSON; null if it is not kept. */
    byte[] trace(String id) throws IOException {
        Map<String, List<Kept>> services;
        synchronized (this) {
            Trace trace = traces.get(id);
            if (trace == null) {
                return null;
            }
            services = trace.spans.values().stream().limit(MAX_SHOWN)
                    .collect(groupingBy(Kept::service, LinkedHashMap::new, toList()));
        }
        // One span is decoded at a time: the objects of all spans would need more memory than the response.
        int length = 0;
        var resourceSpans = new StringJoiner(",", "{\"resourceSpans\":[", "]}");
        for (var service : services.entrySet()) {
            var spans = new StringJoiner(",");
            for (Kept span : service.getValue()) {
                if (length < MAX_RESPONSE) {
                    byte[] json = Json.write(OtlpJson.of(Span.parseFrom(span.bytes)));
                    length += json.length;
                    spans.add(new String(json, UTF_8));
                }
            }
            byte[] name = Json.write(service.getKey());
            resourceSpans.add("{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":"
                    + new String(name, UTF_8) + "}}]},\"scopeSpans\":[{\"spans\":[" + spans + "]}]}");
        }
        return resourceSpans.toString().getBytes(UTF_8);
    }

    synchronized Status status() {
        return new Status(received, traces.size(), bytes, MAX_BYTES);
    }
}
