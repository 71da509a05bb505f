package demo.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Pocket's cost: {@code ./build.sh bench pocket [ROUNDS]}. First the time from {@code java Main.java} (built) until a
 * request's exemplar, trace and log line are all there. Then, at four request rates, what Pocket uses while a page
 * polls Pocket twice a second. Pocket takes each request three times: from the scrape, from the log and by OTLP.
 *
 * <p>You should see: a few seconds to start, and CPU per request that falls as the rate rises.
 */
final class PocketBench {
    private static final List<Integer> RATES = List.of(10, 100, 1_000, 10_000);
    private static final int MAX_CONNECTIONS = 64;
    private static final int WARM_UP_SECONDS = 15;
    private static final int POLLS = 30;
    private static final long MILLIS_BETWEEN_POLLS = 500;
    private static final Pattern TRACE = Pattern.compile("\"trace\":\"([0-9a-f]{32})\"");

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private PocketBench() {
    }

    static void main(String[] args) throws Exception {
        int rounds = args.length == 0 ? 3 : Integer.parseInt(args[0]);
        var starts = new Results(rounds + " rounds", "java Main.java",
                new Results.Column("s to all three pillars", "%.1f"));
        for (int round = 0; round < rounds; round++) {
            starts.add("start", startSeconds());
        }
        starts.print();
        var results = new Results(rounds + " rounds of " + POLLS * MILLIS_BETWEEN_POLLS / 1_000 + " s after "
                + WARM_UP_SECONDS + " s", "requests/s", new Results.Column("handled/s", "%,.0f"),
                new Results.Column("CPU, % of a core", "%.1f"), new Results.Column("CPU-s per 100k", "%.1f"),
                new Results.Column("resident MB", "%.0f"), new Results.Column("page poll p50 ms", "%.1f"),
                new Results.Column("page poll max ms", "%.0f"));
        for (int round = 0; round < rounds; round++) {
            for (int rate : RATES) {
                Path folder = Files.createTempDirectory(Path.of("build"), "bench-pocket").toAbsolutePath();
                try {
                    results.add(String.format("%,d", rate), measure(rate, folder));
                } finally {
                    Child.delete(folder);
                }
            }
        }
        results.print();
        results.chart("pocket", "Pocket's CPU (% of a core) and memory (MB) by requests/s", 1, 3);
    }

    private static double startSeconds() throws Exception {
        Path folder = Files.createTempDirectory(Path.of("build"), "bench-pocket").toAbsolutePath();
        String page = Integer.toString(ServerProcess.freePort());
        long startNanos = System.nanoTime();
        try (var _ = new ServerProcess(List.of("java", "Main.java"), Map.of(
                "HTTP_PORT", Integer.toString(ServerProcess.freePort()), "POCKET_PORT", page,
                "POCKET_OTLP_PORT", Integer.toString(ServerProcess.freePort())), folder)) {
            while (!hasAllPillars("http://127.0.0.1:" + page)) {
                Thread.sleep(20);
            }
            return (System.nanoTime() - startNanos) / 1e9;
        } finally {
            Child.delete(folder);
        }
    }

    /** Whether Pocket has an exemplar and its trace and log line. */
    private static boolean hasAllPillars(String pocket) {
        try {
            long from = System.currentTimeMillis() / 1000 - 60;
            Matcher trace = TRACE.matcher(get(pocket + "/api/metrics?step=60&from=" + from));
            return trace.find() && get(pocket + "/api/trace?id=" + trace.group(1)).contains("spans")
                    && get(pocket + "/api/logs?limit=1&trace=" + trace.group(1)).contains(trace.group(1));
        } catch (Exception e) {
            return false; // not yet
        }
    }

    private static double[] measure(int rate, Path folder) throws Exception {
        String otlp = Integer.toString(ServerProcess.freePort());
        int connections = Math.clamp(rate / 50, 1, MAX_CONNECTIONS);
        try (var api = new ServerProcess(ProgramCommand.read("api").arguments(),
                Sink.environment(Integer.parseInt(otlp)), folder);
                var pocket = new ServerProcess(ProgramCommand.read("pocket").arguments(), Map.of(
                        "HTTP_PORT", Integer.toString(api.port()), "POCKET_OTLP_PORT", otlp,
                        "POCKET_PORT", Integer.toString(ServerProcess.freePort())), folder);
                var load = Load.atFixedTimes(api.port(), "/menu", connections, rate)) {
            poll(pocket.port());
            TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
            load.take();
            double cpu = pocket.cpuSeconds();
            long start = System.nanoTime();
            var polls = new Latencies();
            for (int i = 0; i < POLLS; i++) {
                Thread.sleep(MILLIS_BETWEEN_POLLS);
                long before = System.nanoTime();
                poll(pocket.port());
                polls.add(System.nanoTime() - before);
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            cpu = pocket.cpuSeconds() - cpu;
            long requests = load.take().count();
            return new double[] {requests / seconds, cpu / seconds * 100, cpu / requests * 100_000,
                pocket.residentMegabytes(), polls.micros(0.5) / 1e3, polls.micros(1) / 1e3};
        }
    }

    /** The three requests of an open page. */
    private static void poll(int port) throws IOException, InterruptedException {
        String pocket = "http://127.0.0.1:" + port;
        get(pocket + "/api/metrics?step=5&from=" + (System.currentTimeMillis() / 1_000 - 300));
        get(pocket + "/api/logs?limit=100");
        get(pocket + "/api/traces?limit=50");
    }

    private static String get(String url) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(url)).build();
        var response = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException("expected 200 from " + url + ", was " + response.statusCode());
        }
        return response.body();
    }
}
