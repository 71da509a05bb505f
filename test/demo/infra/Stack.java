package demo.infra;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;
import org.yaml.snakeyaml.Yaml;

/** What the tests and drills of the stack share: its files, commands, polling and HTTP. */
final class Stack {
    static final Path INFRA = Path.of("infra");
    static final List<String> UNITS = List.of("docker-compose.obs.yml", "docker-compose.api.yml");
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private Stack() { }

    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Map<?, ?> yaml(String file) {
        return new Yaml().load(text(INFRA.resolve(file)));
    }

    /** Every service of both units by `unit/name`, parsed from YAML, anchors merged. */
    static Map<String, Map<?, ?>> services() {
        Map<String, Map<?, ?>> services = new TreeMap<>();
        for (String unit : UNITS) {
            map(yaml(unit), "services").forEach((name, service) ->
                    services.put(unit.split("\\.")[1] + "/" + name, (Map<?, ?>) service));
        }
        return services;
    }

    /** Skips a drill. @param programs alternatives have a bar between them */
    static void skipUnlessOnPath(String... programs) {
        for (String either : programs) {
            if (Stream.of(either.split("\\|")).noneMatch(Stack::isOnPath)) {
                throw new TestAbortedException(either + " is not on the PATH (nix develop has it)");
            }
        }
    }

    static boolean isOnPath(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
    }

    @FunctionalInterface
    interface Condition {
        /** A checked exception counts as false. */
        boolean isReached() throws Exception;
    }

    /** Polls ten times a second. */
    static void await(String what, Duration atMost, Condition condition) {
        long deadline = System.nanoTime() + atMost.toNanos();
        Exception last = null;
        while (System.nanoTime() < deadline) {
            try {
                if (condition.isReached()) {
                    return;
                }
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                last = e;
            }
            LockSupport.parkNanos(100_000_000);
        }
        throw new AssertionError("not within " + atMost + ": " + what, last);
    }

    static String run(int code, List<String> command) throws Exception {
        return run(code, Map.of(), command);
    }

    /**
     * Runs a command to its end and returns what it printed. The command's children may live on.
     *
     * @param code the expected exit code; -1: any
     */
    static String run(int code, Map<String, String> environment, List<String> command) throws Exception {
        Path output = Files.createTempFile("output", ".txt");
        try {
            var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            int exitCode = builder.start().waitFor();
            assertTrue(code < 0 || code == exitCode,
                    () -> "exit code " + exitCode + " of " + command + ": " + text(output));
            return text(output);
        } finally {
            Files.delete(output);
        }
    }

    /** A GET request for the tenant of the distributed backends. The backends of one process ignore the tenant. */
    static HttpResponse<String> get(String url) throws IOException {
        return send(HttpRequest.newBuilder(URI.create(url)).header("X-Scope-OrgID", "demo"));
    }

    static HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        try {
            return HTTP.send(request.timeout(Duration.ofMinutes(1)).build(), BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    static List<Path> files(String ending) {
        try (Stream<Path> files = Files.walk(INFRA)) {
            return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the first group matches. */
    static Set<String> matches(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The value under a path of keys, dots between them. Fails with the name of a missing key. */
    static Object at(Object from, String path) {
        Object value = from;
        for (String key : path.split("\\.")) {
            if (!(value instanceof Map<?, ?> map) || !map.containsKey(key)) {
                throw new AssertionError("expected the key " + key + " of " + path + " in " + value);
            }
            value = map.get(key);
        }
        return value;
    }

    static Map<?, ?> map(Object from, String path) {
        return (Map<?, ?>) at(from, path);
    }

    /** Empty if there is no such key. */
    static List<?> list(Map<?, ?> from, String key) {
        return from.get(key) instanceof List<?> list ? list : List.of();
    }
}
