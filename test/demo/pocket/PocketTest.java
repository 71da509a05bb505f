package demo.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonFactory;
import java.io.File;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PocketTest {
    private record Ended(int code, String error) {}

    private static Ended run(Map<String, String> environment) throws Exception {
        var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx80m", "-cp",
                place(Pocket.class) + File.pathSeparator + place(JsonFactory.class), Pocket.class.getName());
        builder.environment().putAll(environment);
        Process process = builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        String error = new String(process.getErrorStream().readAllBytes());
        return new Ended(process.waitFor(), error);
    }

    private static String place(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
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
}
