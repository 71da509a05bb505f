package demo.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Random;
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

    /** Two bytes make a whole object of the decoded message, and names as long as a request fill the store. */
    @Test
    void livesThroughRequestsThatAreMadeToFillItsMemory(@TempDir Path folder) throws Exception {
        byte[] id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
        var span = FakeService.span(id, new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, null, "x".repeat(4_000_000), Span.SpanKind.SPAN_KIND_SERVER, 1, 2);
        var manyAttributes = FakeService.span(id, new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, null, "x", Span.SpanKind.SPAN_KIND_SERVER, 1, 2)
                .addAllAttributes(Collections.nCopies(2_000_000, KeyValue.getDefaultInstance()));
        try (var pocket = new PocketProcess(1, folder.resolve("app.log")); var service = new FakeService(folder.resolve("app.log"), 0, new Random(1))) {
            for (int i = 0; i < 20; i++) {
                id[0] = (byte) i;
                span.setTraceId(ByteString.copyFrom(id));
                assertEquals(200, service.send(pocket.otlpPort, FakeService.request("api", span.build())));
            }
            for (int i = 0; i < 3; i++) {
                assertEquals(413, service.send(pocket.otlpPort, FakeService.request("api", manyAttributes.build())));
            }

            assertTrue(pocket.get("/api/status").body().contains("\"spans\":20"));
        }
    }
}
