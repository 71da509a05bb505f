package demo.infra;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Server processes on loopback, each with a folder and ports of its own. Closing kills all of them. Processes that are
 * killed by a drill start again with the same command, folder and ports.
 */
final class Engines implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(3);
    private static final AtomicInteger NEXT_PORT = new AtomicInteger(20_000 + new Random().nextInt(10_000));

    private final Path folder;
    private final Map<String, ProcessBuilder> builders = new HashMap<>();
    private final Map<String, Process> running = new HashMap<>();

    Engines(Path folder) {
        this.folder = folder;
    }

    /** A free port. Not from the system's own range, where an outgoing connection could take it before the engine. */
    static int port() {
        while (true) {
            try (var socket = new ServerSocket(NEXT_PORT.getAndIncrement())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // In use: try the next one.
            }
        }
    }

    Path folder(String name) throws IOException {
        return Files.createDirectories(folder.resolve(name));
    }

    void start(String name, Map<String, String> environment, List<String> command) throws IOException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(Redirect.appendTo(folder(name).resolve("output").toFile()));
        builder.environment().put("GOMAXPROCS", "2");
        builder.environment().putAll(environment);
        builders.put(name, builder);
        restart(name);
    }

    void restart(String name) throws IOException {
        running.put(name, builders.get(name).start());
    }

    /** {@code kill -9}. */
    void kill(String name) {
        running.get(name).destroyForcibly().onExit().join();
    }

    void awaitReady(String name, int port, String path) {
        Stack.await(name + " is ready", START, () -> {
            assertTrue(running.get(name).isAlive(),
                    () -> name + " has ended; its output: " + Stack.text(folder.resolve(name + "/output")));
            return Stack.get("http://127.0.0.1:" + port + path).statusCode() == 200;
        });
    }

    @Override
    public void close() {
        running.keySet().forEach(this::kill);
    }
}
