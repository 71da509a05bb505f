package demo.infra;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.Yaml;

/**
 * Server processes on loopback, each with a folder and ports of its own. Closing kills all of them. Processes that are
 * killed by a drill start again with the same command, folder and ports.
 */
final class Engines implements AutoCloseable {
    private static final int FIRST_PORT = 27_100;
    private static final Duration START = Duration.ofMinutes(3);

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Path folder;
    private final Map<String, ProcessBuilder> builders = new LinkedHashMap<>();
    private final Map<String, Process> running = new LinkedHashMap<>();
    private int nextPort = FIRST_PORT;

    Engines(Path folder) {
        this.folder = folder;
    }

    int port() {
        return nextPort++;
    }

    Path folder(String name) throws IOException {
        return Files.createDirectories(folder.resolve(name));
    }

    /** Writes a process's configuration. */
    Path configuration(String name, Map<String, Object> yaml) throws IOException {
        return Files.writeString(folder(name).resolve("config.yaml"), new Yaml().dump(yaml));
    }

    void start(String name, Map<String, String> environment, List<String> command) throws IOException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(folder(name).resolve("output").toFile()));
        builder.environment().put("GOMAXPROCS", "2");
        builder.environment().putAll(environment);
        builders.put(name, builder);
        running.put(name, builder.start());
    }

    /** {@code kill -9}. */
    void kill(String name) {
        running.remove(name).destroyForcibly().onExit().join();
    }

    void restart(String name) throws IOException {
        running.put(name, builders.get(name).start());
    }

    void awaitReady(String name, int port, String path) {
        Stack.await(name + " ready", START, () -> {
            if (!running.get(name).isAlive()) {
                throw new AssertionError(name + " ended: " + output(name));
            }
            return get("http://127.0.0.1:" + port + path).statusCode() == 200;
        });
    }

    HttpResponse<String> get(String uri) throws IOException {
        var request = HttpRequest.newBuilder(URI.create(uri)).header("X-Scope-OrgID", "demo")
                .timeout(Duration.ofSeconds(60)).build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private String output(String name) {
        try {
            List<String> lines = Files.readAllLines(folder.resolve(name).resolve("output"));
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Override
    public void close() {
        running.values().forEach(Process::destroyForcibly);
        running.values().forEach(process -> process.onExit().join());
    }
}
