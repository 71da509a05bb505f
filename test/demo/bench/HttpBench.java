package demo.bench;

import com.sun.net.httpserver.HttpServer;
import demo.bench.Results.Column;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The cost per request of each pillar: {@code ./build.sh bench http [ROUNDS [LAUNCHES]]}. 64 keep-alive connections
 * request the menu in a closed loop, from a process on the same cores. Every request is sampled; spans go to a real OTLP
 * endpoint.
 *
 * <p>All servers of a launch run at once; each round loads one after the other for a few seconds, so that other load on
 * the machine affects all alike. "Against bare" compares within one round. A new launch is a new JIT compilation, which
 * differs by a few percent. "Spans sent" shows whether an exporter dropped spans to keep up.
 *
 * <p>You should see: metrics and log within a fifth of bare, traces at about half of it.
 */
final class HttpBench {
    private static final int CONNECTIONS = 64;
    private static final int WARM_UP_SECONDS = 12;
    private static final int SECONDS = 3;
    private static final String SPANS = "trace_spans_exported_total";
    /** Until the exporter's queue has a constant length: spans queued while it fills may be dropped later. */
    private static final long MILLIS_UNTIL_STEADY = 1_000;

    private record Variant(String name, List<String> command, Map<String, String> environment) {
        boolean exportsSpans() {
            return environment.containsKey("OTEL_EXPORTER_OTLP_ENDPOINT");
        }
    }

    private HttpBench() {
    }

    static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        int launches = args.length > 1 ? Integer.parseInt(args[1]) : 2;
        var results = new Results(ProgramCommand.read("api").agent() + "; " + CONNECTIONS + " connections, " + launches
                + " launches of " + rounds + " rounds of " + SECONDS + " s after " + WARM_UP_SECONDS + " s of warm-up",
                "server", new Column("requests/s", "%,.0f"), new Column("against bare", "%.2f"),
                new Column("CPU-s per 100k", "%.1f"), new Column("resident MB", "%.0f"),
                new Column("spans sent, %", "%.0f"));
        Path folder = Files.createTempDirectory(Path.of("build"), "bench").toAbsolutePath();
        HttpServer sink = sink();
        try {
            List<Variant> variants = variants(Map.of("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf",
                    "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + sink.getAddress().getPort()));
            for (int launch = 0; launch < launches; launch++) {
                launch(variants, rounds, folder, results);
            }
        } finally {
            sink.stop(0);
            Results.delete(folder);
        }
        results.print();
    }

    /** An OTLP/HTTP endpoint that accepts every batch of spans and discards it. */
    private static HttpServer sink() throws IOException {
        var sink = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        sink.createContext("/v1/traces", exchange -> {
            try (exchange) {
                exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
                exchange.sendResponseHeaders(200, -1);
            }
        });
        sink.start();
        return sink;
    }

    private static List<Variant> variants(Map<String, String> spans) throws Exception {
        var api = ProgramCommand.read("api");
        var withoutAgent = api.withoutAgent().arguments();
        return List.of(
                new Variant("bare JDK server", BareServer.command().arguments(), Map.of()),
                new Variant("+ metrics", withoutAgent, Map.of("LOG_LEVEL", "ERROR")),
                new Variant("+ metrics and log", withoutAgent, Map.of()),
                new Variant("+ metrics, log and traces", api.arguments(), spans));
    }

    private static void launch(List<Variant> variants, int rounds, Path folder, Results results) throws Exception {
        var servers = new ArrayList<ServerProcess>();
        try {
            for (Variant variant : variants) {
                Path own = Files.createTempDirectory(folder, "server");
                servers.add(new ServerProcess(variant.command(), variant.environment(), own));
                measure(servers.getLast(), WARM_UP_SECONDS, false);
            }
            for (int round = 0; round < rounds; round++) {
                double bare = 0;
                for (int i = 0; i < variants.size(); i++) {
                    double[] figures = measure(servers.get(i), SECONDS, variants.get(i).exportsSpans());
                    bare = i == 0 ? figures[0] : bare;
                    results.add(variants.get(i).name(), figures[0], figures[0] / bare, figures[1], figures[2],
                            figures[3]);
                }
            }
        } finally {
            servers.forEach(ServerProcess::close);
        }
    }

    /** Requests per second, the server's CPU-seconds per 100,000, resident MB, spans sent per 100 requests. */
    private static double[] measure(ServerProcess server, int seconds, boolean exportsSpans) throws Exception {
        try (var load = new Load(server.port(), CONNECTIONS)) {
            Thread.sleep(MILLIS_UNTIL_STEADY);
            double spans = exportsSpans ? server.metric(SPANS) : Results.NONE;
            double requests = load.responses();
            double cpu = server.cpuSeconds();
            long start = System.nanoTime();
            Thread.sleep(seconds * 1_000L);
            double elapsed = (System.nanoTime() - start) / 1e9;
            requests = load.responses() - requests;
            cpu = server.cpuSeconds() - cpu;
            spans = exportsSpans ? server.metric(SPANS) - spans : Results.NONE;
            return new double[] {requests / elapsed, cpu / requests * 100_000, server.residentMegabytes(),
                Math.min(100, spans / requests * 100)};
        }
    }
}
