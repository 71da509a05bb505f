package demo.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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

    /** @param command "java" as its first word is this JVM */
    ServerProcess(List<String> command, Map<String, String> environment, Path folder)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "output", ".txt");
        var builder = new ProcessBuilder(new ArrayList<>(command)).redirectErrorStream(true)
                .redirectOutput(output.toFile());
        if (command.getFirst().equals("java")) {
            builder.command().set(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
        }
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

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    int port() {
        return port;
    }

    /** Sends one request; the time from the process's start to the first bytes of the response. */
    Duration firstResponse() throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write("GET /menu HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
            var status = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
            if (!status.equals("HTTP/1.1 200")) {
                throw new IOException("expected HTTP/1.1 200, was " + status);
            }
            return Duration.ofNanos(System.nanoTime() - startNanos);
        }
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

    /** The sum of a metric's series, from the server's own /metrics. */
    double metric(String name) throws IOException, InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build();
            return client.send(request, HttpResponse.BodyHandlers.ofString()).body().lines()
                    .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(15, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
