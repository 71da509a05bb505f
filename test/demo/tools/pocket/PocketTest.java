package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.drills.PocketDrill;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pocket as a process. */
class PocketTest {
    @TempDir
    private Path folder;

    private static String output(Map<String, String> environment) throws Exception {
        var builder = PocketProcess.builder();
        builder.environment().putAll(environment);
        Process process = builder.redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes()) + process.waitFor();
    }

    @Test
    void endsWithOneLineWhenASettingIsBadOrAPortIsTaken() throws Exception {
        assertEquals("POCKET_OTLP_PORT must be a whole number from 0 to 65535, was 'many'\n2",
                output(Map.of("POCKET_PORT", "0", "POCKET_OTLP_PORT", "many")));
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            int port = taken.getLocalPort();

            assertEquals("pocket: cannot listen on 127.0.0.1:" + port + ": address already in use; "
                    + "stop the other program or set POCKET_OTLP_PORT to a free port\n1",
                    output(Map.of("POCKET_PORT", "0", "POCKET_OTLP_PORT", String.valueOf(port))));
        }
    }

    @Test
    void keepsItsBoundsUnderEveryAttackOfTheDrill() throws Exception {
        new PocketDrill(1).run(folder, 1);
    }

    @Test
    void stopsOnSigtermWithinSecondsWhenNoRequestIsInFlight() throws Exception {
        try (var pocket = new PocketProcess(1, folder.resolve("app.log"))) {
            pocket.process.destroy();
            assertTrue(pocket.process.waitFor(10, TimeUnit.SECONDS));
        }
    }
}
