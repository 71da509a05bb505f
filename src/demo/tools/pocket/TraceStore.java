package demo.tools.pocket;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The newest traces. Tempo does this job in the full stack.
 *
 * <p>A span is kept as the bytes it came in, without the many small objects of a decoded one, and decoded again when
 * someone looks at it. The oldest trace goes first; but those that a dot of the duration chart leads to go last, so
 * that a dot rarely leads nowhere.
 *
 * <p>Any thread may call. Bound: {@value #MAX_BYTES} bytes, a span's own and what the JVM adds. Of one trace the first
 * {@value #MAX_SHOWN} spans are shown, or those that came in the first {@value #MAX_ANSWER} bytes.
 */
final class TraceStore {
    static final long MAX_BYTES = 16_000_000;
    static final int MAX_SHOWN = 1_000;
    static final int MAX_ANSWER = 1_000_000;
    private static final int MAX_NAME = 200;
    private static final int SPAN_OVERHEAD = 64;
    private static final int TRACE_OVERHEAD = 700; // with the first routes' names
    private static final int MAX_ROUTES = 8;

    /** A trace in a list; {@code start} is in epoch microseconds, {@code duration} in microseconds. */
    record Summary(String trace, String name, String service, String status, boolean failed, long start, long duration,
            int spans) {}

    record Whole(Summary summary, List<SpanView> spans) {}

    record Status(long spans, int tracesKept, long bytesKept, long bytesMost) {}

    private record Kept(String service, byte[] bytes) {}

    private static final class Trace {
        final List<Kept> spans = new ArrayList<>(4);
        final Set<String> routes = new TreeSet<>(); // of all its spans: an order's payment has another than the order
        Summary summary;
        boolean rooted;
        long bytes;
    }

    private final Predicate<String> worthKeeping;
    // all guarded by this
    private final SequencedMap<String, Trace> traces = new LinkedHashMap<>();
    private long bytes;
    private long received;

    TraceStore(Predicate<String> worthKeeping) {
        this.worthKeeping = worthKeeping;
    }

    /** Takes all spans, or false and none where one has no usable ids. */
    synchronized boolean add(ExportTraceServiceRequest request) {
        List<ResourceSpans> services = request.getResourceSpansList();
        boolean usable = services.stream().flatMap(TraceStore::spans)
                .allMatch(span -> isId(span.getTraceId(), 16) && isId(span.getSpanId(), 8));
        if (usable) {
            for (ResourceSpans one : services) {
                var attributes = SpanView.attributes(one.getResource().getAttributesList());
                spans(one).forEach(span -> add(span, attributes.getOrDefault("service.name", "")));
            }
            evict(trace -> !worthKeeping.test(trace.summary.trace));
            evict(_ -> true);
        }
        return usable;
    }

    private static Stream<Span> spans(ResourceSpans service) {
        return service.getScopeSpansList().stream().flatMap(library -> library.getSpansList().stream());
    }

    private static boolean isId(ByteString id, int length) {
        return id.size() == length && !id.equals(ByteString.copyFrom(new byte[length]));
    }

    private void add(Span span, String service) {
        String id = SpanView.hex(span.getTraceId());
        Trace trace = traces.computeIfAbsent(id, _ -> new Trace());
        var kept = new Kept(service, span.toByteArray());
        int more = kept.bytes.length + service.length() + SPAN_OVERHEAD + (trace.spans.isEmpty() ? TRACE_OVERHEAD : 0);
        trace.spans.add(kept);
        trace.bytes += more;
        bytes += more;
        received++;
        SpanView view = SpanView.of(span, service);
        boolean root = view.parent().isEmpty();
        Summary all = trace.summary != null ? trace.summary
                : new Summary(id, "", service, "", false, view.start(), 0, 0);
        // A trace is named after its root, or after its earliest span until a root comes.
        boolean names = root || all.spans == 0 || !trace.rooted && view.start() < all.start;
        long start = Math.min(all.start, view.start());
        long end = Math.max(all.start + all.duration, view.end());
        trace.summary = new Summary(id, names ? cut(view.name()) : all.name, names ? service : all.service,
                names ? cut(view.attributes().getOrDefault("http.response.status_code", "")) : all.status,
                all.failed || view.failed(), start, end - start, all.spans + 1);
        trace.rooted |= root;
        String route = cut(view.attributes().getOrDefault("http.route", ""));
        if (!route.isEmpty() && trace.routes.size() < MAX_ROUTES) {
            trace.routes.add(route);
        }
    }

    /** So that what is kept beside a span's bytes is bounded, too. */
    private static String cut(String text) {
        return text.length() > MAX_NAME ? text.substring(0, MAX_NAME) + '…' : text;
    }

    /** Lets the oldest of these go until the rest fits. */
    private void evict(Predicate<Trace> which) {
        for (Iterator<Trace> oldest = traces.values().iterator(); bytes > MAX_BYTES && oldest.hasNext(); ) {
            Trace trace = oldest.next();
            if (which.test(trace)) {
                bytes -= trace.bytes;
                oldest.remove();
            }
        }
    }

    /**
     * Those under way between two epoch seconds ({@code to} 0: at any time), with a span of one route or ("") all: the
     * newest to arrive, only those that {@code failed}, or the {@code slowest}.
     */
    synchronized List<Summary> find(long from, long to, String route, String order, int limit) {
        Stream<Summary> found = traces.sequencedValues().reversed().stream()
                .filter(trace -> route.isEmpty() || trace.routes.contains(route)).map(trace -> trace.summary)
                .filter(one -> to == 0 || one.start < to * 1_000_000 && one.start + one.duration >= from * 1_000_000)
                .filter(one -> !order.equals("failed") || one.failed);
        return (order.equals("slowest") ? found.sorted(Comparator.comparingLong(Summary::duration).reversed()) : found)
                .limit(limit).toList();
    }

    /** One trace with its spans in order of their start; null where it isn't kept (any more). */
    synchronized Whole trace(String id) throws InvalidProtocolBufferException {
        Trace trace = traces.get(id);
        if (trace == null) {
            return null;
        }
        var spans = new ArrayList<SpanView>();
        int length = 0;
        for (Iterator<Kept> all = trace.spans.iterator(); all.hasNext() && spans.size() < MAX_SHOWN && length < MAX_ANSWER; ) {
            Kept kept = all.next();
            spans.add(SpanView.of(Span.parseFrom(kept.bytes), kept.service));
            length += kept.bytes.length;
        }
        spans.sort(Comparator.comparingLong(SpanView::start));
        return new Whole(trace.summary, spans);
    }

    synchronized Status status() {
        return new Status(received, traces.size(), bytes, MAX_BYTES);
    }
}
