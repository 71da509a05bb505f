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

    private static void assertEnds(int exitCode, String message, String otlpPort) throws Exception {
        Process process = PocketProcess.start(Map.of("POCKET_PORT", "0", "POCKET_OTLP_PORT", otlpPort));
        assertEquals(message + "\n", new String(process.getInputStream().readAllBytes()));
        assertEquals(exitCode, process.waitFor());
    }

    @Test
    void endsWithOneLineWhenASettingIsBadOrAPortIsTaken() throws Exception {
        assertEnds(2, "POCKET_OTLP_PORT must be a whole number from 0 to 65535, was 'many'", "many");
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String port = String.valueOf(taken.getLocalPort());
            assertEnds(1, "pocket: cannot listen on 127.0.0.1:" + port + ": address already in use; "
                    + "stop the other program or set POCKET_OTLP_PORT to a free port", port);
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
