package demo.bench;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;

/** The service with the agent, and Pocket, which takes all three of its pillars: as {@code java Main.java} starts them. */
final class Together implements AutoCloseable {
    final ServerProcess api;
    final ServerProcess pocket;

    Together(Path folder) throws IOException {
        String otlp = Integer.toString(freePort());
        api = new ServerProcess(ProgramCommand.read("api").arguments(), Sink.exportTo(Integer.parseInt(otlp)), folder);
        try {
            pocket = new ServerProcess(ProgramCommand.read("pocket").arguments(), Map.of(
                    "HTTP_PORT", Integer.toString(api.port()), "POCKET_PORT", Integer.toString(freePort()),
                    "POCKET_OTLP_PORT", otlp), folder);
        } catch (IOException | RuntimeException e) {
            api.close();
            throw e;
        }
    }

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        api.close();
        pocket.close();
    }
}
