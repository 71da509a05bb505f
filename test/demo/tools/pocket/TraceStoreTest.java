package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TraceStoreTest {
    private final Set<String> dots = new HashSet<>();
    private final TraceStore store = new TraceStore(dots::contains);

    private static String id(int trace) {
        return "%032x".formatted(trace);
    }

    /** A span of this trace, from this second on, so many seconds long; {@code padding} bytes make it heavy. */
    private static Span span(int trace, int span, boolean root, int second, double seconds, int padding) {
        byte[] traceId = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) (trace >> 24), (byte) (trace >> 16), (byte) (trace >> 8), (byte) trace};
        byte[] spanId = {1, 0, 0, 0, 0, 0, (byte) (span >> 8), (byte) span};
        return FakeService.span(traceId, spanId, root ? null : new byte[] {9, 9, 9, 9, 9, 9, 9, 9}, root ? "GET /menu" : "inner", SpanKind.SPAN_KIND_SERVER,
                second * 1_000_000_000L, second * 1_000_000_000L + (long) (seconds * 1e9))
                .addAttributes(FakeService.text("http.route", root ? "/menu" : "")).addAttributes(FakeService.text("padding", "x".repeat(padding))).build();
    }

    private void add(Span... spans) {
        assertTrue(store.add(FakeService.request("api", spans)));
    }

    private boolean has(int trace) throws Exception {
        return store.trace(id(trace)) != null;
    }

    private List<Integer> find(long from, long to, String route, String order, int limit) {
        return store.find(from, to, route, order, limit).stream().map(found -> Integer.parseInt(found.trace(), 16)).toList();
    }

    @Test
    void namesATraceAfterItsRootWhicheverSpanComesFirst() throws Exception {
        add(span(1, 1, false, 10, 0.1, 0));
        add(span(1, 2, true, 10, 0.5, 0), span(1, 3, false, 10, 0.2, 0));

        assertEquals(new TraceStore.Summary(id(1), "GET /menu", "api", "", false, 10_000_000, 500_000, 3), store.trace(id(1)).summary());
    }

    @Test
    void findsByTimeRouteAndFailureNewestOrSlowestFirst() {
        add(span(1, 1, true, 10, 3, 0), span(2, 1, true, 20, 1, 0), span(3, 1, true, 30, 2, 0), span(4, 1, false, 40, 9, 0));
        add(span(5, 1, true, 50, 1, 0).toBuilder().setStatus(Status.newBuilder().setCode(Status.StatusCode.STATUS_CODE_ERROR)).build());

        assertEquals(List.of(5, 4, 3, 2, 1), find(0, 0, "", "", 10));
        assertEquals(List.of(1, 3), find(0, 0, "/menu", "slowest", 2));
        assertEquals(List.of(2), find(21, 22, "", "newest", 10));
        assertEquals(List.of(5), find(0, 0, "", "failed", 10));
    }

    @Test
    void findsATraceByTheRouteOfAnySpanInIt() {
        add(span(1, 1, true, 10, 0.5, 0), span(1, 2, false, 10, 0.2, 0).toBuilder().addAttributes(FakeService.text("http.route", "/payments")).build());
        add(span(2, 1, true, 11, 0.5, 0));

        assertEquals(List.of(1), find(0, 0, "/payments", "", 10));
        assertEquals(List.of(2, 1), find(0, 0, "/menu", "", 10));
    }

    @Test
    void letsTheOldestGoButThoseWithADotLast() throws Exception {
        dots.add(id(2));

        for (int trace = 1; trace <= 300; trace++) {
            add(span(trace, 1, true, trace, 1, 100_000));
        }

        assertTrue(has(300));
        assertTrue(has(144), "158 of these fit into 16 MB");
        assertFalse(has(143));
        assertFalse(has(1));
        assertTrue(has(2), "a dot leads to it");
    }

    @Test
    void letsThoseWithADotGoWhenTheyAreTooMany() throws Exception {
        for (int trace = 1; trace <= 300; trace++) {
            dots.add(id(trace));
            add(span(trace, 1, true, trace, 1, 100_000));
        }

        assertFalse(has(1));
        assertTrue(has(300));
        assertTrue(store.status().bytesKept() <= TraceStore.MAX_BYTES);
    }

    @Test
    void showsOnlyTheFirstSpansOfAnEndlessTrace() throws Exception {
        for (int i = 0; i < TraceStore.MAX_SHOWN + 5; i++) {
            add(span(1, i, i == 0, 1, 1, 0));
        }

        assertEquals(TraceStore.MAX_SHOWN, store.trace(id(1)).spans().size());
        assertEquals(TraceStore.MAX_SHOWN + 5, store.trace(id(1)).summary().spans());
    }
}
