package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import demo.tools.pocket.FakeService;
import demo.tools.pocket.PocketProcess;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Attacks Pocket with inputs that could fill its memory or block other clients: OTLP requests that decode to many
 * objects, slow readers, idle and half-sent connections, a search with a quadratic worst case. After each attack the
 * same process receives a span and returns its trace, within its heap and {@value #MAX_RESIDENT_MEGABYTES} MB resident.
 */
public final class PocketDrill implements Drill {
    private static final int MAX_RESIDENT_MEGABYTES = 200;
    private static final int MANY = 1_900_000; // of 2 bytes each fit into a body
    private static final int FIT = 32_000; // of 2 bytes each fit into a span

    private interface Attack {
        void run() throws Exception;
    }

    private final int times;
    private PocketProcess pocket;
    private FakeService service;
    private int spans; // sent

    /** @param times how often each OTLP attack is repeated */
    public PocketDrill(int times) {
        this.times = times;
    }

    @Override
    public String run(Path folder, long seed) throws Exception {
        Path log = folder.resolve("app.log");
        Files.writeString(log, ("{\"path\":\"/" + "a".repeat(200_000) + "\"}\n").repeat(80));
        var residents = new LinkedHashMap<String, Long>();
        try (var fake = new FakeService(log, 0); var process = new PocketProcess(fake.port(), log)) {
            service = fake;
            pocket = process;
            residents.put("start", proveServing());
            for (var attack : attacks().entrySet()) {
                try {
                    attack.getValue().run();
                    residents.put(attack.getKey(), proveServing());
                } catch (IOException | AssertionError e) {
                    throw new AssertionError(attack.getKey() + ", after " + residents + ": " + e, e);
                }
            }
        }
        residents.forEach((attack, megabytes) -> assertTrue(megabytes <= MAX_RESIDENT_MEGABYTES,
                "resident after " + attack + ": " + megabytes + " MB"));
        return "served after each; resident MB " + residents;
    }

    private Map<String, Attack> attacks() {
        var attacks = new LinkedHashMap<String, Attack>();
        attacks.put("events", () -> sendLargest(span().addAllEvents(
                Collections.nCopies(FIT, Span.Event.getDefaultInstance()))));
        attacks.put("attributes", () -> sendLargest(span().addAllAttributes(
                Collections.nCopies(FIT, KeyValue.getDefaultInstance()))));
        attacks.put("links", () -> sendLargest(span().addAllLinks(
                Collections.nCopies(FIT, Span.Link.getDefaultInstance()))));
        var unknown = UnknownFieldSet.newBuilder();
        IntStream.range(100, FIT / 2).forEach(field -> unknown.addField(field,
                UnknownFieldSet.Field.newBuilder().addVarint(1).build())); // 3 bytes each
        attacks.put("unknown fields", () -> sendLargest(span().setUnknownFields(unknown.build())));
        attacks.put("long name", () -> sendRefused(resource(span().setName("x".repeat(4_000_000)))));
        attacks.put("nesting", () -> sendRefused(resource(span().addAttributes(nested(80)))));
        attacks.put("resource attributes", () -> sendRefused(ResourceSpans.newBuilder().setResource(
                Resource.newBuilder().addAllAttributes(Collections.nCopies(MANY, KeyValue.getDefaultInstance())))));
        attacks.put("empty spans", () -> sendRefused(ResourceSpans.newBuilder().addScopeSpans(
                ScopeSpans.newBuilder().addAllSpans(Collections.nCopies(MANY, Span.getDefaultInstance())))));
        attacks.put("many traces", () -> {
            for (int i = 0; i < 4 * times; i++) {
                assertEquals(200, service.send(pocket.otlpPort, FakeService.request("service".repeat(20),
                        IntStream.range(0, 9_000).mapToObj(id -> span().setName("n".repeat(200))
                                .addAttributes(FakeService.text("http.route", "ü" + id)).build())
                                .toArray(Span[]::new))));
            }
        });
        attacks.put("slow readers", () -> hold(pocket.port, 40,
                "GET /api/logs?limit=1000 HTTP/1.1\nHost: localhost\n\n"));
        attacks.put("idle connections", () -> hold(pocket.port, 500, ""));
        attacks.put("half requests", () -> hold(pocket.port, 40, "GET /api"));
        attacks.put("stalled bodies", () -> hold(pocket.otlpPort, 10,
                "POST /v1/traces HTTP/1.1\nHost: localhost\nContent-Type: application/x-protobuf\n"
                        + "Content-Length: 4000000\n\n" + "x".repeat(300_000)));
        attacks.put("search", () -> hold(pocket.port, 20, "GET /api/logs?text=" + "a".repeat(50) + "b"
                + "a".repeat(49) + " HTTP/1.1\nHost: localhost\n\n"));
        return attacks;
    }

    /** Sends bodies with spans of the largest allowed size, all in one trace, and reads the trace. */
    private void sendLargest(Span.Builder span) throws Exception {
        for (int i = 0; i < times; i++) {
            assertEquals(200, service.send(pocket.otlpPort, FakeService.request("api", IntStream.range(0, 20)
                    .mapToObj(_ -> span.setSpanId(id(8, ++spans)).build()).toArray(Span[]::new))));
        }
        assertEquals(200, pocket.get("/api/trace?id=" + hex(span.getTraceId())).statusCode());
    }

    private void sendRefused(ResourceSpans.Builder spans) throws Exception {
        for (int i = 0; i < times; i++) {
            assertEquals(400, service.send(pocket.otlpPort,
                    ExportTraceServiceRequest.newBuilder().addResourceSpans(spans).build()));
        }
    }

    /** Opens connections that send this text and read nothing. Pocket must serve other clients meanwhile. */
    private void hold(int port, int count, String sent) throws Exception {
        List<Socket> held = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            held.add(PocketProcess.connection(port, sent));
        }
        proveServing();
        for (Socket one : held) {
            one.close();
        }
    }

    /** Sends a span, reads its trace, and returns the resident memory in MB. */
    private long proveServing() throws Exception {
        Span span = span().build();
        assertEquals(200, service.send(pocket.otlpPort, FakeService.request("api", span)));
        assertEquals(200, pocket.get("/api/trace?id=" + hex(span.getTraceId())).statusCode());
        assertEquals(200, pocket.get("/").statusCode());
        assertTrue(pocket.process.isAlive());
        Path proc = Path.of("/proc/" + pocket.process.pid() + "/status");
        return !Files.exists(proc) ? 0 : Files.readAllLines(proc).stream().filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1_000).findFirst().orElse(0);
    }

    /** A span in a trace of its own. */
    private Span.Builder span() {
        spans++;
        return Span.newBuilder().setTraceId(id(16, spans)).setSpanId(id(8, spans)).setName("span")
                .setStartTimeUnixNano(1).setEndTimeUnixNano(2);
    }

    private static ByteString id(int length, int number) {
        return ByteString.copyFrom(ByteBuffer.allocate(length).putInt(number).array());
    }

    private static String hex(ByteString id) {
        return HexFormat.of().formatHex(id.toByteArray());
    }

    private static ResourceSpans.Builder resource(Span.Builder span) {
        return ResourceSpans.newBuilder().addScopeSpans(ScopeSpans.newBuilder().addSpans(span));
    }

    private static KeyValue nested(int depth) {
        var value = AnyValue.newBuilder().setBytesValue(ByteString.EMPTY);
        for (int i = 0; i < depth; i++) {
            value = AnyValue.newBuilder().setArrayValue(ArrayValue.newBuilder().addValues(value));
        }
        return KeyValue.newBuilder().setKey("deep").setValue(value).build();
    }
}
