package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
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
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Attacks Pocket with inputs that could fill its memory or block other clients: OTLP requests that decode to many
 * objects, slow readers, idle and half-sent connections, a search with a quadratic worst case. After each attack the
 * same process receives a span and returns its trace, within its heap and {@value #MAX_RESIDENT_MEGABYTES} MB resident.
 */
public final class PocketDrill implements Drill {
    private static final int MAX_RESIDENT_MEGABYTES = 200;

    private interface Attack {
        void run(PocketProcess pocket, FakeService service) throws Exception;
    }

    private final int times;
    private int spans; // sent to prove that Pocket serves

    /** @param times how often each OTLP bomb is sent */
    public PocketDrill(int times) {
        this.times = times;
    }

    @Override
    public String run(Path folder, long seed) throws Exception {
        Path log = folder.resolve("app.log");
        Files.writeString(log, ("{\"path\":\"/" + "a".repeat(200_000) + "\"}\n").repeat(80));
        var residents = new LinkedHashMap<String, Long>();
        try (var service = new FakeService(log, 0, new Random(seed));
                var pocket = new PocketProcess(service.port(), log)) {
            residents.put("start", proveServing(pocket, service));
            for (var attack : attacks().entrySet()) {
                try {
                    attack.getValue().run(pocket, service);
                    residents.put(attack.getKey(), proveServing(pocket, service));
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
        attacks.put("events", bomb(413, span -> span.addAllEvents(
                Collections.nCopies(390_000, Span.Event.getDefaultInstance()))));
        attacks.put("attributes", bomb(413, span -> span.addAllAttributes(
                Collections.nCopies(1_900_000, KeyValue.getDefaultInstance()))));
        attacks.put("links", bomb(413, span -> span.addAllLinks(
                Collections.nCopies(1_900_000, Span.Link.getDefaultInstance()))));
        attacks.put("long name", bomb(413, span -> span.setName("x".repeat(4_000_000))));
        attacks.put("nesting", bomb(400, span -> span.addAttributes(nested(80))));
        attacks.put("resource attributes", (pocket, service) -> send(pocket, service, 413, ResourceSpans.newBuilder()
                .setResource(Resource.newBuilder().addAllAttributes(
                        Collections.nCopies(1_900_000, KeyValue.getDefaultInstance())))));
        attacks.put("empty spans", (pocket, service) -> send(pocket, service, 413, ResourceSpans.newBuilder()
                .addScopeSpans(ScopeSpans.newBuilder().addAllSpans(
                        Collections.nCopies(1_900_000, Span.getDefaultInstance())))));
        attacks.put("largest spans", (pocket, service) -> {
            for (int i = 0; i < 10 * times; i++) {
                int trace = 1_000 + i % 2;
                assertEquals(200, service.send(pocket.otlpPort, FakeService.request("api", IntStream.range(i * 100,
                        i * 100 + 100).mapToObj(id -> span(trace, id).addAllEvents(Collections.nCopies(9_900,
                                Span.Event.getDefaultInstance())).build()).toArray(Span[]::new))));
            }
            assertEquals(200, pocket.get("/api/trace?id=" + "%08x".formatted(1_000) + "0".repeat(24)).statusCode());
        });
        attacks.put("many traces", (pocket, service) -> {
            for (int i = 0; i < 4 * times; i++) {
                int first = 10_000 * (i + 1);
                assertEquals(200, service.send(pocket.otlpPort, FakeService.request("service".repeat(20),
                        IntStream.range(first, first + 9_000).mapToObj(id -> span(id, id).setName("n".repeat(200))
                                .addAttributes(FakeService.text("http.route", "ü" + id)).build())
                                .toArray(Span[]::new))));
            }
        });
        attacks.put("slow readers", (pocket, service) -> hold(pocket, service, pocket.port, 110,
                "GET /api/logs?limit=1000 HTTP/1.1\nHost: localhost\n\n"));
        attacks.put("idle connections", (pocket, service) -> hold(pocket, service, pocket.port, 500, ""));
        attacks.put("half requests", (pocket, service) -> hold(pocket, service, pocket.port, 100, "GET /api"));
        attacks.put("stalled bodies", (pocket, service) -> hold(pocket, service, pocket.otlpPort, 30,
                "POST /v1/traces HTTP/1.1\nHost: localhost\nContent-Type: application/x-protobuf\n"
                        + "Content-Length: 4000000\n\n" + "x".repeat(300_000)));
        attacks.put("search", (pocket, service) -> {
            String text = URLEncoder.encode("a".repeat(50) + "b" + "a".repeat(49), StandardCharsets.UTF_8);
            List<Socket> searching = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                searching.add(PocketProcess.connection(pocket.port, "GET /api/logs?text=" + text
                        + " HTTP/1.1\nHost: localhost\n\n"));
            }
            proveServing(pocket, service);
            for (Socket one : searching) {
                one.close();
            }
        });
        return attacks;
    }

    private interface Fill {
        Span.Builder into(Span.Builder span);
    }

    private Attack bomb(int status, Fill fill) {
        return (pocket, service) -> {
            for (int i = 0; i < times; i++) {
                send(pocket, service, status, ResourceSpans.newBuilder().addScopeSpans(ScopeSpans.newBuilder()
                        .addSpans(fill.into(span(1, 1)))));
            }
        };
    }

    private static void send(PocketProcess pocket, FakeService service, int status, ResourceSpans.Builder spans)
            throws Exception {
        assertEquals(status, service.send(pocket.otlpPort,
                ExportTraceServiceRequest.newBuilder().addResourceSpans(spans).build()));
    }

    /** Opens connections that send this text and read nothing. Pocket must serve other clients meanwhile. */
    private void hold(PocketProcess pocket, FakeService service, int port, int count, String sent) throws Exception {
        List<Socket> held = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            held.add(PocketProcess.connection(port, sent));
        }
        proveServing(pocket, service);
        for (Socket one : held) {
            one.close();
        }
    }

    /** Sends a span, reads its trace, and returns the resident memory in MB. */
    private long proveServing(PocketProcess pocket, FakeService service) throws Exception {
        int trace = 900_000_000 + spans++;
        int status = 503; // while other requests use the memory for bodies; exporters also retry
        for (int i = 0; i < 100 && status == 503; i++) {
            status = service.send(pocket.otlpPort, FakeService.request("api", span(trace, 1).build()));
            Thread.sleep(status == 503 ? 100 : 0);
        }
        assertEquals(200, status);
        assertEquals(200, pocket.get("/api/trace?id=%08x".formatted(trace) + "0".repeat(24)).statusCode());
        assertEquals(200, pocket.get("/").statusCode());
        assertTrue(pocket.process.isAlive());
        Path proc = Path.of("/proc/" + pocket.process.pid() + "/status");
        return !Files.exists(proc) ? 0 : Files.readAllLines(proc).stream().filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1_000).findFirst().orElse(0);
    }

    private static Span.Builder span(int trace, int id) {
        byte[] spanId = ByteBuffer.allocate(8).putInt(1).putInt(id).array();
        return FakeService.span(ByteBuffer.allocate(16).putInt(trace).array(), spanId, null, "span",
                Span.SpanKind.SPAN_KIND_SERVER, 1, 2);
    }

    private static KeyValue nested(int depth) {
        var value = AnyValue.newBuilder().setBytesValue(ByteString.EMPTY);
        for (int i = 0; i < depth; i++) {
            value = AnyValue.newBuilder().setArrayValue(ArrayValue.newBuilder().addValues(value));
        }
        return KeyValue.newBuilder().setKey("deep").setValue(value).build();
    }
}
