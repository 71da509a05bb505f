package demo.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A server under measurement: a process that prints its port. */
final class ServerProcess implements AutoCloseable {
    private static final Pattern PORT = Pattern.compile("http://localhost:(\\d+)\\D");

    private final Process process;
    private final long startNanos = System.nanoTime();
    private final int port;

    ServerProcess(List<String> command, Map<String, String> environment, Path folder)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "output", ".txt");
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("OTEL_"));
        builder.environment().putAll(Map.of("HTTP_PORT", "0", "LOG_FILE", folder.resolve("app.log").toString()));
        builder.environment().putAll(environment);
        process = builder.start();
        port = awaitPort(output);
    }

    private int awaitPort(Path output) throws IOException, InterruptedException {
        while (true) {
            boolean ended = !process.isAlive();
            String text = Files.readString(output);
            Matcher matcher = PORT.matcher(text);
            if (matcher.find()) {
                return Integer.parseInt(matcher.group(1));
            } else if (ended) {
                throw new IOException("the server ended before it printed its port: " + text);
            }
            Thread.sleep(1);
        }
    }

    int port() {
        return port;
    }

    /** Sends one request; the time from the process's start to the end of the response. */
    Duration firstResponse() throws IOException {
        get("/menu");
        return Duration.ofNanos(System.nanoTime() - startNanos);
    }

    private String get(String path) throws IOException {
        try (InputStream body = URI.create("http://127.0.0.1:" + port + path).toURL().openStream()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** The sum of a metric's series, from the server's own /metrics. */
    double metric(String name) throws IOException {
        return get("/metrics").lines().filter(line -> line.matches(name + "[{ ].*"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
    }

    /** User and system time of the process and of its children. */
    double cpuSeconds() {
        return processes().map(handle -> handle.info().totalCpuDuration().orElse(Duration.ZERO))
                .mapToDouble(cpu -> cpu.toNanos() / 1e9).sum();
    }

    /** Resident memory of the process and of its children; unknown where there is no /proc. */
    double residentMegabytes() {
        return processes().mapToDouble(handle -> residentMegabytes(handle.pid())).sum();
    }

    private Stream<ProcessHandle> processes() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants());
    }

    private static double residentMegabytes(long pid) {
        try (var lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0).findFirst().orElse(0);
        } catch (IOException e) {
            return Results.NONE;
        }
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().orTimeout(15, TimeUnit.SECONDS).exceptionally(_ -> process.destroyForcibly()).join();
    }
}
