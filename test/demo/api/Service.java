package demo.api;

import demo.json.Json;
import demo.json.JsonException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The real service with the real agent, in a separate process. */
public final class Service implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    /** Long, because other tests may load the machine. */
    private static final Duration OUTPUT_TIMEOUT = Duration.ofSeconds(90);

    private final Process process;
    private final Path log;
    private final List<String> output = new CopyOnWriteArrayList<>();
    private final Thread outputReader;
    private final int port;

    private Service(ProcessBuilder builder) throws IOException, InterruptedException {
        log = Path.of(builder.environment().get("LOG_FILE"));
        process = builder.start();
        outputReader = Thread.ofVirtual().start(this::readOutput);
        try {
            port = Integer.parseInt(awaitOutput(line -> line.contains("API at http://localhost:"))
                    .replaceAll(".*localhost:(\\d+),.*", "$1"));
        } catch (AssertionError | InterruptedException e) {
            close();
            throw e;
        }
    }

    /** Starts the service on a free port with its log in {@code folder}; returns when it serves requests. */
    public static Service start(Path folder, Map<String, String> environment) throws IOException, InterruptedException {
        return start(process(folder, environment));
    }

    /** Starts a process that {@link #process} built; returns when it serves requests. */
    public static Service start(ProcessBuilder builder) throws IOException, InterruptedException {
        return new Service(builder);
    }

    /** The service's process, not started. */
    public static ProcessBuilder process(Path folder, Map<String, String> environment) {
        var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "@build/api.args").redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("OTEL_"));
        builder.environment().putAll(Map.of("HTTP_PORT", "0", "LOG_FILE", folder.resolve("app.log").toString(),
                "OTEL_BSP_SCHEDULE_DELAY", "100"));
        builder.environment().putAll(environment);
        return builder;
    }

    public static Map<String, String> exportingTo(String endpoint) {
        return Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
    }

    private void readOutput() {
        try {
            process.inputReader(StandardCharsets.UTF_8).lines().forEach(output::add);
        } catch (UncheckedIOException e) {
            // The process was killed.
        }
    }

    /** Waits for a line on stdout or stderr. */
    public String awaitOutput(Predicate<String> wanted) throws InterruptedException {
        long deadline = System.nanoTime() + OUTPUT_TIMEOUT.toNanos();
        while (true) {
            boolean isLast = !outputReader.isAlive() || System.nanoTime() > deadline;
            var found = output.stream().filter(wanted).findFirst();
            if (found.isPresent()) {
                return found.get();
            }
            if (isLast) {
                throw new AssertionError("the line is missing in the service's output: " + output);
            }
            Thread.sleep(10);
        }
    }

    public List<String> output() {
        return List.copyOf(output);
    }

    public int port() {
        return port;
    }

    public Process process() {
        return process;
    }

    // ---- requests --------------------------------------------------------------------------------------------------

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(Duration.ofSeconds(20));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    public HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path));
    }

    public HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return send(request(path).POST(BodyPublishers.ofString(body)));
    }

    /** Sends bytes that HttpClient refuses to send. Returns the whole response; empty if the connection was reset. */
    String sendRaw(String request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000); // an interrupt does not end a read
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (SocketException e) {
            return "";
        }
    }

    /** The response to an order that was accepted; the bank declines one of fifty. */
    HttpResponse<String> placeOrder() throws IOException, InterruptedException {
        while (true) {
            var response = post("/orders", "{\"item\": \"tea\", \"quantity\": 1}");
            if (response.statusCode() != 402) {
                return response;
            }
        }
    }

    void setFault(String fault, boolean on) throws IOException, InterruptedException {
        var response = post("/faults", "{\"fault\": \"" + fault + "\", \"on\": " + on + "}");
        if (response.statusCode() != 200) {
            throw new AssertionError(response.body());
        }
    }

    // ---- telemetry -------------------------------------------------------------------------------------------------

    public String openMetrics() throws IOException, InterruptedException {
        return send(request("/metrics").header("Accept", "application/openmetrics-text")).body();
    }

    /** The value of a counter with these labels, or its sum over all labels. */
    public long count(String counter) throws IOException, InterruptedException {
        return (long) sum(openMetrics(), Pattern.quote(counter) + "(\\{.*})?");
    }

    /** The sum of the samples whose name and labels match {@code series}. */
    static double sum(String scrape, String series) {
        String withoutExemplars = scrape.replaceAll(" # .*", "");
        return Pattern.compile("(?m)^(?:" + series + ") (?<value>\\S+)$").matcher(withoutExemplars).results()
                .mapToDouble(sample -> Double.parseDouble(sample.group("value"))).sum();
    }

    public static String traceId(HttpResponse<?> response) {
        return response.headers().firstValue("traceresponse").orElseThrow().split("-")[1];
    }

    /** The access line of the request with this response. It is in the file before the response is complete. */
    Map<String, Object> line(HttpResponse<?> response) throws IOException {
        String[] ids = response.headers().firstValue("traceresponse").orElseThrow().split("-");
        var lines = lines("\"logger\":\"http\".*\"trace_id\":\"" + ids[1] + "\",\"span_id\":\"" + ids[2]);
        if (lines.size() != 1) {
            throw new AssertionError("expected one line, found " + lines);
        }
        return lines.get(0);
    }

    /** The log's lines, oldest first. */
    public List<Map<String, Object>> lines() throws IOException {
        return lines("");
    }

    /** The log's lines that contain a match of {@code pattern}, oldest first. */
    List<Map<String, Object>> lines(String pattern) throws IOException {
        return logText().lines().filter(Pattern.compile(pattern).asPredicate()).map(Service::flat).toList();
    }

    String logText() throws IOException {
        return Files.readString(log);
    }

    static Map<String, Object> flat(String json) {
        try {
            return Json.read(json).fields();
        } catch (JsonException e) {
            throw new AssertionError(json, e);
        }
    }

    /** Runs a full garbage collection. Some JVM metrics do not exist before the first one. */
    void collectGarbage() throws IOException, InterruptedException {
        new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                "-J-XX:TieredStopAtLevel=1", Long.toString(process.pid()), "GC.run")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
    }

    /** Sends SIGTERM and returns the exit code. */
    public int terminate() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(15, TimeUnit.SECONDS)) {
            throw new AssertionError("the service did not end; its output: " + output);
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
