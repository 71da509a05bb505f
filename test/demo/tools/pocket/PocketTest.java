package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.UnknownFieldSet;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PocketTest {
    private record Ended(int code, String error) {}

    private static Ended run(Map<String, String> environment) throws Exception {
        var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "@build/pocket.args");
        builder.environment().putAll(environment);
        Process process = builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        String error = new String(process.getErrorStream().readAllBytes());
        return new Ended(process.waitFor(), error);
    }

    @Test
    void endsWithOneLineWhenASettingIsBad() throws Exception {
        Ended ended = run(Map.of("POCKET_PORT", "door"));

        assertEquals(new Ended(2, "POCKET_PORT must be a whole number from 0 to 65535, was 'door'\n"), ended);
    }

    @Test
    void endsWithOneLineWhenAPortIsTaken() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Ended ended = run(Map.of("POCKET_PORT", "0", "POCKET_OTLP_PORT", String.valueOf(taken.getLocalPort())));

            assertEquals(new Ended(1, "pocket: POCKET_OTLP_PORT must be a free port, something else listens on 127.0.0.1:"
                    + taken.getLocalPort() + "\n"), ended);
        }
    }

    /** Two bytes can make a whole object of a decoded message, and names as long as a request fill the store. */
    @Test
    void livesThroughWhatIsMadeToFillItsMemory(@TempDir Path folder) throws Exception {
        Path log = folder.resolve("app.log");
        Files.writeString(log, ("x".repeat(200_000) + "\n").repeat(90));
        try (var pocket = new PocketProcess(1, log); var service = new FakeService(log, 0, new Random(1))) {
            for (int i = 0; i < 20; i++) {
                assertEquals(200, service.send(pocket.otlpPort, request(i, span -> span.setName("x".repeat(4_000_000)))));
            }
            var distinct = IntStream.range(0, 90_000).mapToObj(n -> FakeService.number("k" + n, n)).toList();
            assertEquals(200, service.send(pocket.otlpPort, request(20, span -> span.addAllAttributes(distinct))));
            assertEquals(413, service.send(pocket.otlpPort, request(99, span -> span.addAllAttributes(
                    Collections.nCopies(1_900_000, KeyValue.getDefaultInstance())))));
            assertEquals(413, service.send(pocket.otlpPort, request(99, span -> span.addAllLinks(
                    Collections.nCopies(1_900_000, Span.Link.getDefaultInstance())))));
            assertEquals(413, service.send(pocket.otlpPort, request(99, span -> span.setUnknownFields(unknown(700_000)))));
            assertEquals(400, service.send(pocket.otlpPort, request(99, span -> span.addAttributes(nested(80)))));
            assertTrue(pocket.get("/api/logs?limit=1000").body().length() <= LogStore.MAX_ANSWER + 300_000);
            assertEquals(200, pocket.get("/api/trace?id=" + hex(20)).statusCode());
            assertEquals(200, pocket.get("/api/trace?id=" + hex(19)).statusCode());

            assertTrue(pocket.get("/api/status").body().contains("\"spans\":21"));
        }
    }

    private static byte[] id(int number) {
        return ByteBuffer.allocate(16).putInt(number).putInt(1).array();
    }

    private static String hex(int number) {
        return HexFormat.of().formatHex(id(number));
    }

    private static ExportTraceServiceRequest request(int trace, UnaryOperator<Span.Builder> with) {
        return FakeService.request("api", with.apply(FakeService.span(id(trace), new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, null, "x",
                Span.SpanKind.SPAN_KIND_SERVER, 1, 2)).build());
    }

    private static UnknownFieldSet unknown(int fields) {
        var set = UnknownFieldSet.newBuilder();
        for (int i = 0; i < fields; i++) {
            set.addField(1_000 + i, UnknownFieldSet.Field.newBuilder().addVarint(1).build());
        }
        return set.build();
    }

    private static KeyValue nested(int depth) {
        var value = AnyValue.newBuilder().setBoolValue(true);
        for (int i = 0; i < depth; i++) {
            value = AnyValue.newBuilder().setArrayValue(ArrayValue.newBuilder().addValues(value));
        }
        return KeyValue.newBuilder().setKey("deep").setValue(value).build();
    }
}
