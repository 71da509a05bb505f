package demo.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A server under measurement: a process that says its port in a line of its output. Times are from its start. */
final class ServerProcess implements AutoCloseable {
    private final Process process;
    private final long startNanos = System.nanoTime();
    private final BufferedReader output;
    private final int port;

    /** @param arguments the command; "java" is the JVM that this runs on */
    ServerProcess(List<String> arguments, Map<String, String> environment, Path folder) throws IOException {
        var command = new ArrayList<>(arguments);
        if (command.get(0).equals("java")) {
            command.set(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
        }
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("OTEL_"));
        builder.environment().putAll(Map.of("HTTP_PORT", "0", "LOG_FILE", folder.resolve("app.log").toString()));
        builder.environment().putAll(environment);
        process = builder.start();
        output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        port = readPort();
        Thread.ofVirtual().start(this::drain);
    }

    private int readPort() throws IOException {
        var said = new ArrayList<String>();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            said.add(line);
            if (line.contains("API at http://localhost:")) {
                return Integer.parseInt(line.replaceAll(".*localhost:(\\d+),.*", "$1"));
            }
        }
        throw new IOException("the server ended: " + said);
    }

    private void drain() {
        try {
            output.transferTo(java.io.Writer.nullWriter());
        } catch (IOException e) {
            // It has ended.
        }
    }

    int port() {
        return port;
    }

    /** Waits for the first answer; the time since the process was started. */
    Duration firstAnswer() throws IOException {
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

    /** User and system time so far; of children of a launcher too. */
    double cpuSeconds() {
        return java.util.stream.Stream.concat(java.util.stream.Stream.of(process.toHandle()), process.descendants())
                .map(handle -> handle.info().totalCpuDuration().orElse(Duration.ZERO))
                .mapToDouble(cpu -> cpu.toNanos() / 1e9).sum();
    }

    /** Resident memory; 0 where the system does not tell. */
    long residentMegabytes() throws IOException {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        if (!Files.exists(status)) {
            return 0;
        }
        try (var lines = Files.lines(status)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024).findFirst().orElse(0);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
