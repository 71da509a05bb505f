package demo.pocket;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Predicate;

/**
 * The newest traces. Tempo does this job in the full stack.
 *
 * <p>A span is kept as the bytes it came in, without the many small objects of a decoded one, and decoded again when
 * someone looks at it. The oldest trace goes first; but one that a dot of the latency chart leads to is then put aside for longer,
 * so that a dot rarely leads nowhere.
 *
 * <p>Any thread may call. Bounds, in bytes counted as the span's own plus what its objects take: {@value #MAX_BYTES}, and
 * {@value #MAX_ASIDE} for traces put aside; {@value #MAX_SPANS} spans a trace (later ones are counted and left out).
 */
final class TraceStore {
    static final long MAX_BYTES = 16_000_000;
    static final long MAX_ASIDE = 4_000_000;
    static final int MAX_SPANS = 1_000;
    private static final int SPAN_OVERHEAD = 64;
    private static final int TRACE_OVERHEAD = 400;

    /** What a sender says of itself, shared by many spans. */
    record Source(String service, String scope) {}

    /** A span to keep: decoded, and as it came. */
    record Received(Span span, byte[] bytes, Source source) {}

    /** What to look for: {@code route} "" for all. {@code minMillis} is the least duration. */
    record Query(long fromMillis, long toMillis, String route, boolean failed, double minMillis, boolean slowest, int limit) {}

    private record Kept(byte[] bytes, Source source) {}

    private static final class Trace {
        final TraceId id;
        final List<Kept> spans = new ArrayList<>(4);
        long startNanos = Long.MAX_VALUE;
        long endNanos = Long.MIN_VALUE;
        boolean rooted;
        String name = "";
        String service = "";
        String route = "";
        String status = "";
        boolean failed;
        int leftOut;
        long bytes = TRACE_OVERHEAD;

        Trace(TraceId id) {
            this.id = id;
        }

        long micros() {
            return (endNanos - startNanos) / 1000;
        }
    }

    private final Predicate<String> worthKeeping;
    // all guarded by this
    private final Map<TraceId, Trace> traces = new LinkedHashMap<>();
    private final Map<TraceId, Trace> aside = new LinkedHashMap<>();
    private long bytes;
    private long asideBytes;
    private long spansReceived;
    private long tracesReceived;

    TraceStore(Predicate<String> worthKeeping) {
        this.worthKeeping = worthKeeping;
    }

    synchronized void add(List<Received> spans) {
        for (Received received : spans) {
            add(received);
        }
        while (bytes > MAX_BYTES) {
            Trace oldest = removeFirst(traces);
            bytes -= oldest.bytes;
            if (worthKeeping.test(oldest.id.toString())) {
                aside.put(oldest.id, oldest);
                asideBytes += oldest.bytes;
            }
        }
        while (asideBytes > MAX_ASIDE) {
            asideBytes -= removeFirst(aside).bytes;
        }
    }

    private static Trace removeFirst(Map<TraceId, Trace> traces) {
        var oldest = traces.values().iterator();
        Trace trace = oldest.next();
        oldest.remove();
        return trace;
    }

    private void add(Received received) {
        Span span = received.span;
        spansReceived++;
        Trace trace = traces.get(span.trace());
        if (trace == null) {
            trace = aside.remove(span.trace());
            tracesReceived += trace == null ? 1 : 0;
            asideBytes -= trace == null ? 0 : trace.bytes;
            trace = trace == null ? new Trace(span.trace()) : trace;
            traces.put(trace.id, trace);
            bytes += trace.bytes;
        }
        if (trace.spans.size() == MAX_SPANS) {
            trace.leftOut++;
            return;
        }
        trace.spans.add(new Kept(received.bytes, received.source));
        long size = received.bytes.length + SPAN_OVERHEAD;
        trace.bytes += size;
        bytes += size;
        describe(trace, span, received.source);
    }

    /** The trace is named after its root, or after its earliest span until a root comes. */
    private static void describe(Trace trace, Span span, Source source) {
        boolean root = span.parent().isEmpty();
        if (root || !trace.rooted && span.startNanos() < trace.startNanos) {
            trace.rooted = root;
            trace.name = span.name();
            trace.service = source.service;
            trace.route = String.valueOf(span.attributes().getOrDefault("http.route", ""));
            trace.status = String.valueOf(span.attributes().getOrDefault("http.response.status_code", ""));
        }
        trace.startNanos = Math.min(trace.startNanos, span.startNanos());
        trace.endNanos = Math.max(trace.endNanos, span.endNanos());
        trace.failed |= span.failed();
    }

    synchronized void writeStatus(JsonGenerator out) throws IOException {
        out.writeNumberField("spans", spansReceived);
        out.writeNumberField("traces", tracesReceived);
        out.writeNumberField("traces_kept", traces.size() + aside.size());
        out.writeNumberField("bytes_kept", bytes + asideBytes);
        out.writeNumberField("bytes_most", MAX_BYTES + MAX_ASIDE);
        out.writeNumberField("oldest_millis", traces.isEmpty() ? 0 : traces.values().iterator().next().startNanos / 1_000_000);
    }

    /** Writes the traces that match, newest or slowest first. */
    void write(JsonGenerator out, Query query) throws IOException {
        Comparator<Trace> order = query.slowest
                ? Comparator.comparingLong(Trace::micros) : Comparator.comparingLong(trace -> trace.endNanos);
        synchronized (this) {
            var first = new PriorityQueue<>(order); // the least of those to show on top, to be let go
            int matching = 0;
            for (var all : List.of(traces.values(), aside.values())) {
                for (Trace trace : all) {
                    if (matches(trace, query)) {
                        matching++;
                        first.add(trace);
                        if (first.size() > query.limit) {
                            first.poll();
                        }
                    }
                }
            }
            var shown = new ArrayList<>(first);
            shown.sort(order.reversed());
            out.writeStartObject();
            out.writeNumberField("matching", matching);
            out.writeArrayFieldStart("traces");
            for (Trace trace : shown) {
                out.writeStartObject();
                writeSummary(out, trace);
                out.writeEndObject();
            }
        }
        out.writeEndArray();
        out.writeEndObject();
    }

    private static boolean matches(Trace trace, Query query) {
        long startMillis = trace.startNanos / 1_000_000;
        long endMillis = trace.endNanos / 1_000_000;
        return (query.toMillis == 0 || startMillis < query.toMillis && endMillis >= query.fromMillis)
                && (query.route.isEmpty() || query.route.equals(trace.route))
                && (!query.failed || trace.failed)
                && trace.micros() >= query.minMillis * 1000;
    }

    private static void writeSummary(JsonGenerator out, Trace trace) throws IOException {
        out.writeStringField("trace", trace.id.toString());
        out.writeStringField("name", trace.name);
        out.writeStringField("service", trace.service);
        out.writeStringField("route", trace.route);
        out.writeStringField("status", trace.status);
        out.writeBooleanField("failed", trace.failed);
        out.writeNumberField("start_millis", trace.startNanos / 1_000_000);
        out.writeNumberField("duration_micros", trace.micros());
        out.writeNumberField("spans", trace.spans.size() + trace.leftOut);
    }

    /** Writes one trace with its spans, in order of their start; false where it isn't kept (any more). */
    synchronized boolean write(JsonGenerator out, TraceId id) throws IOException {
        Trace trace = traces.getOrDefault(id, aside.get(id));
        if (trace == null) {
            return false;
        }
        record Shown(Span span, Source source) {}
        var spans = new ArrayList<Shown>();
        for (Kept kept : trace.spans) {
            spans.add(new Shown(Span.decode(new Protobuf(kept.bytes)), kept.source));
        }
        spans.sort(Comparator.comparingLong(shown -> shown.span.startNanos()));
        out.writeStartObject();
        writeSummary(out, trace);
        out.writeNumberField("left_out", trace.leftOut);
        out.writeArrayFieldStart("tree");
        for (Shown shown : spans) {
            shown.span.write(out, trace.startNanos, shown.source.service, shown.source.scope);
        }
        out.writeEndArray();
        out.writeEndObject();
        return true;
    }
}
