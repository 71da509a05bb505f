package demo.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TraceStoreTest {
    private final Set<String> dots = new HashSet<>();
    private final TraceStore store = new TraceStore(dots::contains);

    private static TraceId id(int trace) {
        return TraceId.of(0, trace);
    }

    /** A span of this trace, from this second on, so many seconds long; {@code padding} bytes make it heavy. */
    private static TraceStore.Received span(int trace, int span, boolean root, int second, double seconds, int padding) throws Exception {
        byte[] traceId = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) (trace >> 24), (byte) (trace >> 16), (byte) (trace >> 8), (byte) trace};
        byte[] spanId = {1, 0, 0, 0, 0, 0, (byte) (span >> 8), (byte) span};
        byte[] bytes = FakeService.span(traceId, spanId, root ? null : new byte[] {9, 9, 9, 9, 9, 9, 9, 9}, root ? "GET /menu" : "inner", SpanKind.SPAN_KIND_SERVER,
                second * 1_000_000_000L, second * 1_000_000_000L + (long) (seconds * 1e9))
                .addAttributes(FakeService.text("http.route", root ? "/menu" : "")).addAttributes(FakeService.text("padding", "x".repeat(padding))).build().toByteArray();
        return new TraceStore.Received(Span.decode(new Protobuf(bytes)), bytes, new TraceStore.Source("api", "test"));
    }

    private interface Writer {
        void write(JsonGenerator out) throws IOException;
    }

    private static String json(Writer writer) throws IOException {
        var text = new StringWriter();
        try (var out = new JsonFactory().createGenerator(text)) {
            writer.write(out);
        }
        return text.toString();
    }

    private boolean has(int trace) throws IOException {
        boolean[] found = {false};
        json(out -> found[0] = store.write(out, id(trace)));
        return found[0];
    }

    private List<Integer> find(TraceStore.Query query) throws IOException {
        var found = new ArrayList<Integer>();
        var ids = java.util.regex.Pattern.compile("\"trace\":\"[0-9a-f]{24}([0-9a-f]{8})\"").matcher(json(out -> store.write(out, query)));
        while (ids.find()) {
            found.add(Integer.parseInt(ids.group(1), 16));
        }
        return found;
    }

    @Test
    void namesATraceAfterItsRootWhicheverSpanComesFirst() throws Exception {
        store.add(List.of(span(1, 1, false, 10, 0.1, 0)));
        store.add(List.of(span(1, 2, true, 10, 0.5, 0), span(1, 3, false, 10, 0.2, 0)));

        String trace = json(out -> assertTrue(store.write(out, id(1))));

        assertTrue(trace.contains("\"name\":\"GET /menu\",\"service\":\"api\",\"route\":\"/menu\""), trace);
        assertTrue(trace.contains("\"duration_micros\":500000,\"spans\":3"), trace);
    }

    @Test
    void findsByTimeRouteAndDurationNewestOrSlowestFirst() throws Exception {
        store.add(List.of(span(1, 1, true, 10, 3, 0), span(2, 1, true, 20, 1, 0), span(3, 1, true, 30, 2, 0), span(4, 1, false, 40, 9, 0)));

        assertEquals(List.of(4, 3, 2, 1), find(new TraceStore.Query(0, 0, "", false, 0, false, 10)));
        assertEquals(List.of(1, 3), find(new TraceStore.Query(0, 0, "/menu", false, 0, true, 2)));
        assertEquals(List.of(2), find(new TraceStore.Query(20_500, 20_600, "", false, 0, false, 10)));
        assertEquals(List.of(3, 1), find(new TraceStore.Query(0, 0, "/menu", false, 1_500, false, 10)));
        assertEquals(List.of(), find(new TraceStore.Query(0, 0, "", true, 0, false, 10)));
    }

    @Test
    void letsTheOldestGoButThoseWithADotLast() throws Exception {
        dots.add(id(2).toString());

        for (int trace = 1; trace <= 200; trace++) {
            store.add(List.of(span(trace, 1, true, trace, 1, 100_000)));
        }

        assertTrue(has(200));
        assertTrue(has(45), "159 of these fit into 16 MB");
        assertFalse(has(41));
        assertFalse(has(1));
        assertTrue(has(2), "a dot leads to it");
    }

    @Test
    void letsThoseWithADotGoWhenTheyAreTooMany() throws Exception {
        for (int trace = 1; trace <= 300; trace++) {
            dots.add(id(trace).toString());
            store.add(List.of(span(trace, 1, true, trace, 1, 100_000)));
        }

        assertFalse(has(1));
        assertTrue(has(300));
        assertTrue(json(out -> {
            out.writeStartObject();
            store.writeStatus(out);
            out.writeEndObject();
        }).matches(".*\"bytes_kept\":19\\d{6},.*"));
    }

    @Test
    void keepsOnlyTheFirstSpansOfAnEndlessTrace() throws Exception {
        for (int i = 0; i < TraceStore.MAX_SPANS + 5; i++) {
            store.add(List.of(span(1, i, i == 0, 1, 1, 0)));
        }

        String trace = json(out -> assertTrue(store.write(out, id(1))));

        assertTrue(trace.contains("\"spans\":1005,\"left_out\":5,"), trace.substring(0, 400));
    }
}
