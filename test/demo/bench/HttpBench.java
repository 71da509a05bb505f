package demo.bench;

import demo.bench.Results.Column;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The cost per request of each pillar, and a peer, Go's net/http with otelhttp, zap and client_golang:
 * {@code ./build.sh bench http [ROUNDS [LAUNCHES]]}. 64 keep-alive connections request the menu in a closed loop, from
 * a process on the same cores. Every request is sampled; spans go to a real OTLP endpoint.
 *
 * <p>All servers of a launch run at once; each round loads one after the other for a few seconds, so that other load on
 * the machine affects all alike. "Against bare" compares within one round. A new launch is a new JIT compilation, which
 * differs by a few percent. "Spans sent" shows whether an exporter dropped spans to keep up.
 *
 * <p>You should see: metrics and log within a fifth of bare, traces at more than half of it.
 */
final class HttpBench {
    private static final int CONNECTIONS = 64;
    private static final int WARM_UP_SECONDS = 12;
    private static final int SECONDS = 3;
    private static final String SPANS = "trace_spans_exported_total";
    /** Until the exporter's queue has a constant length: spans queued while it fills may be dropped later. */
    private static final long MILLIS_UNTIL_STEADY = 1_000;

    private record Variant(String name, List<String> command, Map<String, String> environment, boolean countsSpans) {
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
        try (var sink = new Sink()) {
            List<Variant> variants = variants(sink);
            for (int launch = 0; launch < launches; launch++) {
                launch(variants, rounds, folder, results);
            }
        } finally {
            Child.delete(folder);
        }
        results.print();
        results.chart("http", "Requests/s with each pillar, and the peer", 0);
    }

    private static List<Variant> variants(Sink sink) throws Exception {
        var api = ProgramCommand.read("api");
        var withoutAgent = api.withoutAgent().arguments();
        var variants = new ArrayList<>(List.of(
                new Variant("bare JDK server", BareServer.command(), Map.of(), false),
                new Variant("+ metrics", withoutAgent, Map.of("LOG_LEVEL", "ERROR"), false),
                new Variant("+ metrics and log", withoutAgent, Map.of(), false),
                new Variant("+ metrics, log and traces", api.arguments(), sink.environment(), true)));
        String go = Path.of("build/go-peer").toAbsolutePath().toString();
        try {
            if (new ProcessBuilder("go", "-C", "test/demo/bench/go-peer", "build", "-o", go, ".").inheritIO().start()
                    .waitFor() != 0) {
                throw new IOException("its build failed");
            }
            variants.add(new Variant("Go: net/http, otelhttp, zap, client_golang", List.of(go), sink.environment(),
                    true));
        } catch (IOException e) {
            System.out.println("skipped the peer: " + e.getMessage() + "\n");
        }
        return variants;
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
                    double[] figures = measure(servers.get(i), SECONDS, variants.get(i).countsSpans());
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
    private static double[] measure(ServerProcess server, int seconds, boolean countsSpans) throws Exception {
        try (var load = Load.closedLoop(server.port(), "/menu", CONNECTIONS)) {
            Thread.sleep(MILLIS_UNTIL_STEADY);
            double spans = countsSpans ? server.metric(SPANS) : Results.NONE;
            load.take();
            double cpu = server.cpuSeconds();
            long start = System.nanoTime();
            Thread.sleep(seconds * 1_000L);
            double elapsed = (System.nanoTime() - start) / 1e9;
            double requests = load.take().count();
            cpu = server.cpuSeconds() - cpu;
            spans = countsSpans ? server.metric(SPANS) - spans : Results.NONE;
            return new double[] {requests / elapsed, cpu / requests * 100_000, server.residentMegabytes(),
                Math.min(100, spans / requests * 100)};
        }
    }
}
