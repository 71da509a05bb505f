package demo.bench;

import com.sun.net.httpserver.HttpServer;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * What each pillar costs a request: 64 keep-alive connections ask for the menu as fast as they are answered, from a
 * process on the same cores. Interleaved rounds, medians; every request sampled, spans to a real OTLP endpoint.
 */
final class HttpBench {
    private static final int CONNECTIONS = 64;
    private static final int WARM_UP_SECONDS = 20;
    private static final int SECONDS = 8;

    private static final String ORIGINAL = "test/demo/bench/original/";
    private static final String PYTHON = System.getenv().getOrDefault("PYTHON", "python3");

    private record Variant(String name, List<String> arguments, Map<String, String> environment) {
    }

    private HttpBench() {
    }

    /** @param args how many rounds, 3 without */
    static void main(String[] args) throws Exception {
        int rounds = args.length == 0 ? 3 : Integer.parseInt(args[0]);
        var api = ApiCommand.read();
        var sink = sink();
        var exporting = Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + sink.getAddress().getPort(),
                "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        var noAgent = api.without("-javaagent", "-Dotel", "-XX:AOTCache", "-Xbootclasspath");
        var variants = new ArrayList<>(List.of(
                new Variant("bare JDK server", List.of("java", "-XX:+UseSerialGC", "-Xms256m", "-Xmn160m", "-Xmx512m", "-cp",
                        System.getProperty("java.class.path"), "demo.bench.BareServer"), Map.of()),
                new Variant("+ metrics", noAgent, Map.of("LOG_LEVEL", "ERROR")),
                new Variant("+ metrics and log", noAgent, Map.of()),
                new Variant("+ metrics, log and traces, all sampled", api.arguments(), exporting)));
        if (originalIsThere()) {
            variants.add(new Variant("FastAPI, uvicorn, OpenTelemetry, Prometheus, loguru",
                    List.of(PYTHON, ORIGINAL + "app.py", Integer.toString(freePort())), exporting));
        } else {
            System.out.println("skipped: the original's stack, because " + PYTHON + " lacks what " + ORIGINAL
                    + "requirements.txt names (set PYTHON to one that has it)");
        }
        Map<String, List<double[]>> results = new LinkedHashMap<>();
        Path folder = Files.createTempDirectory("http");
        for (int round = 0; round < rounds; round++) {
            for (Variant variant : variants) {
                try (var server = new ServerProcess(variant.arguments(), variant.environment(), folder)) {
                    results.computeIfAbsent(variant.name(), name -> new ArrayList<>()).add(measure(server));
                }
            }
        }
        sink.stop(0);
        double bare = Machine.median(results.values().iterator().next(), 0);
        System.out.println(Machine.describe() + ", " + CONNECTIONS + " connections, " + rounds + " rounds of "
                + SECONDS + " s\n");
        System.out.println("| server | requests/s | against bare | CPU-s per 100k | resident MB |");
        System.out.println("|---|---|---|---|---|");
        results.forEach((name, runs) -> System.out.printf(Locale.ROOT, "| %s | %.0f | %.2f | %.1f | %.0f |%n", name,
                Machine.median(runs, 0), Machine.median(runs, 0) / bare, Machine.median(runs, 1),
                Machine.median(runs, 2)));
    }

    /** Requests per second, the server's CPU-seconds per 100,000, its resident MB. */
    private static double[] measure(ServerProcess server) throws Exception {
        var answered = new LongAdder();
        var clients = new ArrayList<Thread>();
        long end = System.nanoTime() + (WARM_UP_SECONDS + SECONDS) * 1_000_000_000L;
        for (int i = 0; i < CONNECTIONS; i++) {
            clients.add(Thread.ofVirtual().start(() -> ask(server.port(), end, answered)));
        }
        Thread.sleep(WARM_UP_SECONDS * 1_000L);
        long before = answered.sum();
        double cpuBefore = server.cpuSeconds();
        long startNanos = System.nanoTime();
        Thread.sleep(SECONDS * 1_000L - 200);
        long requests = answered.sum() - before;
        double cpu = server.cpuSeconds() - cpuBefore;
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        double resident = server.residentMegabytes();
        for (Thread client : clients) {
            client.join();
        }
        return new double[] {requests / seconds, cpu / requests * 100_000, resident};
    }

    private static void ask(int port, long end, LongAdder answered) {
        byte[] request = "GET /menu HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        try (var socket = connected(port, end)) {
            socket.setTcpNoDelay(true);
            var in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream(), 4096));
            var out = socket.getOutputStream();
            while (System.nanoTime() < end) {
                out.write(request);
                readAnswer(in);
                answered.increment();
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Tries until the server, which may say its port before it listens, is there. */
    private static Socket connected(int port, long end) throws IOException {
        while (true) {
            try {
                return new Socket(InetAddress.getLoopbackAddress(), port);
            } catch (java.net.ConnectException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                Thread.yield();
            }
        }
    }

    private static void readAnswer(DataInputStream in) throws IOException {
        int length = -1;
        while (true) {
            var line = new StringBuilder(64);
            for (int c = in.read(); c != '\n'; c = in.read()) {
                if (c < 0) {
                    throw new IOException("the server closed the connection");
                }
                line.append((char) c);
            }
            if (line.length() <= 1) {
                break;
            }
            if (line.length() > 15 && line.substring(0, 15).equalsIgnoreCase("content-length:")) {
                length = Integer.parseInt(line.substring(15).strip());
            }
        }
        in.skipNBytes(length);
    }

    private static boolean originalIsThere() throws Exception {
        try {
            return new ProcessBuilder(PYTHON, "-c", "import fastapi, loguru, uvicorn, prometheus_fastapi_instrumentator, "
                    + "opentelemetry.instrumentation.fastapi, opentelemetry.exporter.otlp.proto.http")
                    .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new java.net.ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Takes every batch of spans and forgets it. */
    private static HttpServer sink() throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/traces", exchange -> {
            try (exchange; InputStream body = exchange.getRequestBody()) {
                body.transferTo(java.io.OutputStream.nullOutputStream());
                exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
                exchange.sendResponseHeaders(200, -1);
            }
        });
        server.start();
        return server;
    }
}
