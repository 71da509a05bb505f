package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.drills.PocketDrill;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PocketTest {
    @TempDir
    private Path folder;

    private record Ended(int code, String error) {}

    private static Ended run(Map<String, String> environment) throws Exception {
        var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@build/pocket.args");
        builder.environment().putAll(environment);
        Process process = builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        String error = new String(process.getErrorStream().readAllBytes());
        return new Ended(process.waitFor(), error);
    }

    @Test
    void endsWithOneLineWhenASettingIsBad() throws Exception {
        Ended ended = run(Map.of("LOG_FILE", "/"));

        assertEquals(new Ended(2, "LOG_FILE must be a path with a file name, was '/'\n"), ended);
    }

    @Test
    void endsWithOneLineWhenTwoPortsAreEqual() throws Exception {
        assertEquals(new Ended(2, "POCKET_OTLP_PORT must differ from HTTP_PORT, was '8000'\n"),
                run(Map.of("HTTP_PORT", "8000", "POCKET_PORT", "0", "POCKET_OTLP_PORT", "8000")));
    }

    @Test
    void endsWithOneLineWhenAPortIsTaken() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            int port = taken.getLocalPort();

            assertEquals(new Ended(1, "pocket: cannot listen on 127.0.0.1:" + port + ": address already in use; "
                    + "stop the other program or set POCKET_OTLP_PORT to a free port\n"),
                    run(Map.of("POCKET_PORT", "0", "POCKET_OTLP_PORT", String.valueOf(port))));
        }
    }

    @Test
    void stopsImmediatelyAndFinishesTheRequestInFlight() throws Exception {
        try (var pocket = new PocketProcess(1, folder.resolve("app.log"))) {
            long start = System.nanoTime();
            pocket.process.destroy(); // SIGTERM
            assertTrue(pocket.process.waitFor(10, TimeUnit.SECONDS));
            assertTrue(System.nanoTime() - start < 5_000_000_000L, "no request is in flight");
        }
    }

    @Test
    void keepsItsBoundsUnderEveryAttackOfTheDrill() throws Exception {
        new PocketDrill(1).run(Files.createDirectories(folder.resolve("drill")), 1);
    }
}
