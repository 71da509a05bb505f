package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import demo.json.Json;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TraceStoreTest {
    private static final long LATER = 1L << 37;

    private final Set<String> dots = new HashSet<>();
    private final TraceStore store = new TraceStore(dots::contains);

    private static String id(int trace) {
        return "%032x".formatted(trace);
    }

    /** A span of this trace with this start and duration in seconds; a root is named GET /menu. */
    private static Span.Builder span(int trace, int span, boolean root, int second, double seconds) {
        long start = second * 1_000_000_000L;
        var built = FakeService.span(ByteBuffer.allocate(16).putInt(12, trace).array(),
                ByteBuffer.allocate(8).putInt(1).putInt(span).array(),
                root ? null : new byte[] {9, 9, 9, 9, 9, 9, 9, 9}, root ? "GET /menu" : "inner",
                SpanKind.SPAN_KIND_SERVER, start, start + (long) (seconds * 1e9));
        return root ? built.addAttributes(FakeService.text("http.route", "/menu")) : built;
    }

    private static Span.Builder status(Span.Builder span, int status) {
        return span.addAttributes(FakeService.number("http.response.status_code", status));
    }

    private void add(Span.Builder... spans) throws IOException {
        var received = new ArrayList<ReceivedSpan>();
        for (Span.Builder span : spans) {
            received.add(ReceivedSpan.decode(span.build().toByteString(), "api"));
        }
        store.add(received);
    }

    private List<TraceStore.Summary> find(long from, long to, String route, String status, String order) {
        return store.find(new TraceStore.Query(from, to, route, status, "", order, 10));
    }

    private List<Integer> ids(long from, long to, String route, String status, String order) {
        return find(from, to, route, status, order).stream().map(one -> Integer.parseInt(one.trace(), 16)).toList();
    }

    private int spansOf(int trace) throws Exception {
        return (int) Json.read(store.trace(id(trace))).having("spanId").count();
    }

    @Test
    void namesATraceAfterItsRootInAnyOrderOfSpans() throws Exception {
        add(span(1, 1, false, 10, 0.1));

        assertEquals(List.of(new TraceStore.Summary(id(1), "inner", "api", "", false, false, 10, 0.1, 1)),
                find(0, LATER, "", "", ""));

        add(span(1, 2, true, 10, 0.5), span(1, 3, false, 9, 0.2));

        assertEquals(List.of(new TraceStore.Summary(id(1), "GET /menu", "api", "", true, false, 9, 1.5, 3)),
                find(0, LATER, "", "", ""));
    }

    @Test
    void aSpanHasNoNegativeDurationAndZeroBytesAreNoParent() throws Exception {
        add(span(1, 1, true, 10, -0.5).setParentSpanId(ByteString.copyFrom(new byte[8])));

        assertEquals(List.of(new TraceStore.Summary(id(1), "GET /menu", "api", "", true, false, 10, 0, 1)),
                find(0, LATER, "", "", ""));
        assertFalse(new String(store.trace(id(1))).contains("parentSpanId"));
    }

    @Test
    void storesEachSpanIdOncePerTrace() throws Exception {
        add(span(1, 1, true, 10, 0.1), span(1, 2, false, 10, 0.1));
        long bytes = store.status().bytesKept();

        add(span(1, 1, true, 10, 0.1), span(1, 2, false, 10, 0.1));

        assertEquals(2, spansOf(1));
        assertEquals(bytes, store.status().bytesKept());
        assertEquals(2, store.status().spans());
    }

    @Test
    void findsByTimeRouteAndStatusNewestOrSlowestFirst() throws Exception {
        add(span(1, 1, true, 10, 3), span(2, 1, true, 20, 1), span(3, 1, true, 30, 2), span(4, 1, false, 40, 9));
        add(status(span(5, 1, true, 50, 1), 503), status(span(6, 1, true, 60, 1), 404));

        assertEquals(List.of(6, 5, 4, 3, 2, 1), ids(0, LATER, "", "", ""));
        assertEquals(List.of(1, 3), ids(0, LATER, "/menu", "", "slowest").subList(0, 2));
        assertEquals(List.of(2), ids(21, 22, "", "", "newest"));
        assertEquals(List.of(5), ids(0, LATER, "", "5xx", ""));
        assertEquals(List.of(6), ids(0, LATER, "/menu", "4xx", ""));
    }

    @Test
    void findsATraceByTheRouteAndStatusOfAnySpanInIt() throws Exception {
        add(status(span(1, 1, true, 10, 0.5), 502), status(span(1, 2, false, 10, 0.2), 503)
                .addAttributes(FakeService.text("http.route", "/payments")));
        add(status(span(2, 1, true, 11, 0.5), 200));

        assertEquals(List.of(1), ids(0, LATER, "/payments", "5xx", ""));
        assertEquals(List.of(), ids(0, LATER, "/payments", "2xx", ""));
        assertEquals(List.of(2, 1), ids(0, LATER, "/menu", "", ""));
    }

    @Test
    void aTypicalTraceIsTheSuccessfulOneOfMedianDuration() throws Exception {
        add(span(1, 1, true, 10, 1), span(2, 1, true, 10, 2), span(3, 1, true, 10, 9), span(4, 1, false, 10, 2));
        add(status(span(5, 1, true, 10, 1.5), 404), span(6, 1, true, 10, 1.6).setStatus(
                Status.newBuilder().setCode(Status.StatusCode.STATUS_CODE_ERROR)));

        var typical = store.find(new TraceStore.Query(0, LATER, "", "", "GET /menu", "typical", 10));

        assertEquals(List.of(id(2)), typical.stream().map(TraceStore.Summary::trace).toList());
    }

    @Test
    void evictsTheOldestTraceFirstAndTracesWithADotLast() throws Exception {
        dots.add(id(2));
        for (int trace = 1; trace <= 300; trace++) {
            add(span(trace, 1, true, trace, 1).addAttributes(FakeService.text("padding", "x".repeat(100_000))));
        }

        assertEquals(1, spansOf(300));
        assertEquals(1, spansOf(144), "158 of these fit into 16 MB");
        assertNull(store.trace(id(141)));
        assertNull(store.trace(id(1)));
        assertEquals(1, spansOf(2), "a dot links to this trace");

        for (int trace = 301; trace <= 600; trace++) {
            dots.add(id(trace));
            add(span(trace, 1, true, trace, 1).addAttributes(FakeService.text("padding", "x".repeat(100_000))));
        }
        assertNull(store.trace(id(301)));
        assertTrue(store.status().bytesKept() <= TraceStore.MAX_BYTES);
    }

    @Test
    void showsOnlyTheFirstSpansOfAnEndlessTrace() throws Exception {
        for (int i = 0; i < TraceStore.MAX_SHOWN + 5; i++) {
            add(span(1, i, i == 0, 1, 1));
        }
        for (int i = 0; i < 20; i++) {
            add(span(2, i, i == 0, 1, 1).addAttributes(FakeService.text("padding", "\u0001".repeat(100_000))));
        }

        assertEquals(TraceStore.MAX_SHOWN, spansOf(1));
        assertEquals(2, spansOf(2), "each is 600 kB of JSON");
        assertFalse(find(0, LATER, "", "", "").isEmpty());
    }
}
