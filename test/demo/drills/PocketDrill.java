package demo.drills;

import static java.util.Collections.nCopies;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import demo.tools.pocket.FakeService;
import demo.tools.pocket.PocketProcess;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Attacks Pocket with inputs that could fill its memory or block other clients: OTLP requests that decode to many
 * objects, slow readers, idle and half-sent connections, a search with a quadratic worst case. After each attack the
 * same process receives a span and returns its trace, within its heap and {@value #MAX_RESIDENT_MEGABYTES} MB resident.
 */
public final class PocketDrill implements Drill {
    private static final int MAX_RESIDENT_MEGABYTES = 200;
    private static final int FIT = 32_000; // messages of 2 bytes each fit into a span

    private final int times;
    private PocketProcess pocket;
    private int spans; // sent
    private long maxMegabytes;

    /** @param times how often each OTLP attack is repeated */
    public PocketDrill(int times) {
        this.times = times;
    }

    @Override
    public String run(Path folder, long seed) throws Exception {
        Path log = folder.resolve("app.log");
        Files.writeString(log, ("{\"path\":\"/" + "a".repeat(200_000) + "\"}\n").repeat(80));
        try (var process = new PocketProcess(1, log)) {
            pocket = process;
            send(200, span().addAllEvents(nCopies(FIT, Span.Event.getDefaultInstance())));
            send(200, span().addAllAttributes(nCopies(FIT, KeyValue.getDefaultInstance())));
            send(200, span().addAllLinks(nCopies(FIT, Span.Link.getDefaultInstance())));
            var unknown = UnknownFieldSet.newBuilder();
            IntStream.range(100, FIT / 2).forEach(field -> unknown.addField(field,
                    UnknownFieldSet.Field.newBuilder().addVarint(1).build())); // 3 bytes each
            send(200, span().setUnknownFields(unknown.build()));
            send(400, span().setName("x".repeat(200_000)));
            sendEmptySpans();
            sendManyTraces();
            hold(pocket.port, 40, "GET /api/logs?limit=1000 HTTP/1.1\nHost: localhost\n\n"); // slow readers
            hold(pocket.port, 500, "");
            hold(pocket.port, 40, "GET /api");
            hold(pocket.otlpPort, 10, "POST /v1/traces HTTP/1.1\nHost: localhost\n"
                    + "Content-Type: application/x-protobuf\nContent-Length: 4000000\n\n" + "x".repeat(300_000));
            hold(pocket.port, 20, "GET /api/logs?text=" + "a".repeat(50) + "b" + "a".repeat(49)
                    + " HTTP/1.1\nHost: localhost\n\n");
        }
        assertTrue(maxMegabytes <= MAX_RESIDENT_MEGABYTES, "resident: " + maxMegabytes + " MB");
        return "served after each attack; at most " + maxMegabytes + " MB resident";
    }

    /** Sends bodies with 20 spans like this one in one trace, and reads the trace if they were accepted. */
    private void send(int status, Span.Builder span) throws Exception {
        for (int i = 0; i < times; i++) {
            assertEquals(status, PocketProcess.post(pocket.otlpPort, FakeService.request("api", IntStream.range(0, 20)
                    .mapToObj(_ -> span.setSpanId(id(8, ++spans)).build()).toArray(Span[]::new))));
        }
        assertEquals(status == 200 ? 200 : 404, read(span.getTraceId()));
        proveServing();
    }

    private void sendEmptySpans() throws Exception {
        for (int i = 0; i < times; i++) {
            assertEquals(400, PocketProcess.post(pocket.otlpPort, FakeService.request("api",
                    nCopies(1_900_000, Span.getDefaultInstance()).toArray(Span[]::new)))); // 2 bytes each
        }
        proveServing();
    }

    private void sendManyTraces() throws Exception {
        for (int i = 0; i < 4 * times; i++) {
            assertEquals(200, PocketProcess.post(pocket.otlpPort, FakeService.request("service".repeat(20),
                    IntStream.range(0, 9_000).mapToObj(id -> span().setName("n".repeat(200))
                            .addAttributes(FakeService.text("http.route", "ü" + id)).build()).toArray(Span[]::new))));
        }
        proveServing();
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

    private void proveServing() throws Exception {
        Span span = span().build();
        assertEquals(200, PocketProcess.post(pocket.otlpPort, FakeService.request("api", span)));
        assertEquals(200, read(span.getTraceId()));
        assertEquals(200, PocketProcess.get(pocket.port, "/").statusCode());
        Path proc = Path.of("/proc/" + pocket.process.pid() + "/status");
        if (Files.exists(proc)) { // Linux
            maxMegabytes = Math.max(maxMegabytes, Files.readAllLines(proc).stream()
                    .filter(line -> line.startsWith("VmRSS"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1_000).findFirst().orElse(0));
        }
    }

    private int read(ByteString trace) throws Exception {
        String id = HexFormat.of().formatHex(trace.toByteArray());
        return PocketProcess.get(pocket.port, "/api/trace?id=" + id).statusCode();
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
}
