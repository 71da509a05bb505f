package demo.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
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

/** A server under measurement: a process that says its port in a line of its output. Times are from its start. */
final class ServerProcess implements AutoCloseable {
    private static final Pattern PORT = Pattern.compile("http://localhost:(\\d+)");
    /** {@code GC(7) Pause Young (Allocation Failure) 140M->11M(240M) 3.1ms}, where the JVM was started with -Xlog:gc. */
    private static final Pattern COLLECTION = Pattern.compile("Pause .* (\\d+)M->(\\d+)M\\(");
    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin");

    private final Process process;
    private final long startNanos = System.nanoTime();
    private final BufferedReader output;
    private final int port;
    private final List<Collection> collections = new ArrayList<>(); // guarded by itself

    private record Collection(long atNanos, long megabytesBefore, long megabytesAfter) {
    }

    /** @param arguments the command; "java" is the JVM that this runs on */
    ServerProcess(List<String> arguments, Map<String, String> environment, Path folder) throws IOException {
        var command = new ArrayList<>(arguments);
        if (command.get(0).equals("java")) {
            command.set(0, JAVA.resolve("java").toString());
        }
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("OTEL_"));
        builder.environment().putAll(Map.of("HTTP_PORT", "0", "LOG_FILE", folder.resolve("app.log").toString()));
        builder.environment().putAll(environment);
        process = builder.start();
        output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        port = readPort();
        Thread.ofPlatform().daemon().start(this::drain);
    }

    private int readPort() throws IOException {
        var said = new ArrayList<String>();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            said.add(line);
            Matcher matcher = PORT.matcher(line);
            if (matcher.find()) {
                return Integer.parseInt(matcher.group(1));
            }
        }
        throw new IOException("the server ended: " + said);
    }

    private void drain() {
        try {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                Matcher matcher = COLLECTION.matcher(line);
                if (matcher.find()) {
                    synchronized (collections) {
                        collections.add(new Collection(System.nanoTime(), Long.parseLong(matcher.group(1)),
                                Long.parseLong(matcher.group(2))));
                    }
                }
            }
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
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .map(handle -> handle.info().totalCpuDuration().orElse(Duration.ZERO))
                .mapToDouble(cpu -> cpu.toNanos() / 1e9).sum();
    }

    /** Resident memory of it and its children; not a number where the system does not tell. */
    double residentMegabytes() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .mapToDouble(handle -> residentMegabytes(handle.pid())).sum();
    }

    private static double residentMegabytes(long pid) {
        try (var lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0).findFirst().orElse(0);
        } catch (IOException e) {
            return Results.NONE;
        }
    }

    /** Bytes that were allocated a second, from the first collection after {@code sinceNanos} to the last; or unknown. */
    double allocatedBytesPerSecond(long sinceNanos) {
        synchronized (collections) {
            List<Collection> since = collections.stream().filter(c -> c.atNanos() >= sinceNanos).toList();
            if (since.size() < 2) {
                return Results.NONE;
            }
            long megabytes = 0;
            for (int i = 1; i < since.size(); i++) {
                megabytes += since.get(i).megabytesBefore() - since.get(i - 1).megabytesAfter();
            }
            return megabytes * 1048576.0 / ((since.getLast().atNanos() - since.getFirst().atNanos()) / 1e9);
        }
    }

    /** The sum of a metric's series, asked of the service itself. */
    double metric(String name) throws IOException, InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build();
            return client.send(request, HttpResponse.BodyHandlers.ofString()).body().lines()
                    .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
        }
    }

    /** Collects all garbage there is; what is left of the heap, which the serial collector keeps in its old space. */
    double liveMegabytes() throws IOException, InterruptedException {
        jcmd("GC.run");
        return Stream.of(jcmd("GC.heap_info").split("\n")).filter(line -> line.startsWith("Tenured"))
                .mapToDouble(line -> Long.parseLong(line.replaceAll(".*used (\\d+)K.*", "$1")) / 1024.0)
                .findFirst().orElse(Results.NONE);
    }

    private String jcmd(String command) throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(JAVA.resolve("jcmd").toString(), Long.toString(process.pid()), command)
                .redirectErrorStream(true).start();
        String said = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (jcmd.waitFor() != 0) {
            throw new IOException("jcmd " + command + ": " + said);
        }
        return said;
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
