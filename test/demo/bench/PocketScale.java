package demo.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What requests cost Pocket, which takes every one three times: from the scrape, the log and OTLP. Meanwhile somebody
 * looks at the page twice a second; a look is its three questions, for metrics, lines and traces.
 */
final class PocketScale {
    private static final List<Integer> RATES = List.of(10, 100, 1_000, 10_000);
    private static final int MAX_CONNECTIONS = 64;
    private static final int WARM_UP_SECONDS = 15;
    private static final int LOOKS = 30;
    private static final long MILLIS_BETWEEN_LOOKS = 500;
    /** What an open page asks, the charts' five minutes first. */
    private static final List<String> QUESTIONS = List.of("/api/metrics?step=5&from=%d", "/api/logs?limit=100",
            "/api/traces?limit=50");

    private PocketScale() {
    }

    static void run(int rounds) throws Exception {
        var results = new Results(rounds + " rounds of " + LOOKS * MILLIS_BETWEEN_LOOKS / 1_000 + " s after "
                + WARM_UP_SECONDS + " s", "requests/s", new Results.Column("answered", "%,.0f"),
                new Results.Column("Pocket's CPU, % of a core", "%.1f"), new Results.Column("CPU-s per 100k", "%.1f"),
                new Results.Column("resident MB", "%.0f"), new Results.Column("a look, ms", "%.1f"),
                new Results.Column("the slowest, ms", "%.0f"));
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
    }

    private static double[] measure(int rate, Path folder) throws Exception {
        int connections = Math.clamp(rate / 50, 1, MAX_CONNECTIONS);
        try (var together = new Together(folder); var client = HttpClient.newHttpClient();
                var load = Load.atFixedTimes(together.api.port(), "/menu", connections, rate)) {
            look(client, together.pocket.port());
            Thread.sleep(WARM_UP_SECONDS * 1_000L);
            load.take();
            double cpu = together.pocket.cpuSeconds();
            long start = System.nanoTime();
            var looks = new Latencies();
            for (int i = 0; i < LOOKS; i++) {
                Thread.sleep(MILLIS_BETWEEN_LOOKS);
                long before = System.nanoTime();
                look(client, together.pocket.port());
                looks.add(System.nanoTime() - before);
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            cpu = together.pocket.cpuSeconds() - cpu;
            long requests = load.take().count();
            return new double[] {requests / seconds, cpu / seconds * 100, cpu / requests * 100_000,
                together.pocket.residentMegabytes(), looks.micros(0.5) / 1e3, looks.micros(1) / 1e3};
        }
    }

    private static void look(HttpClient client, int port) throws IOException, InterruptedException {
        for (String question : QUESTIONS) {
            String path = question.formatted(System.currentTimeMillis() / 1_000 - 300);
            var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
            int status = client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            if (status != 200) {
                throw new IOException("expected 200 from Pocket's " + question + ", was " + status);
            }
        }
    }
}
