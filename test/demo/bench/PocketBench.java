package demo.bench;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Pocket's two goals. How soon after {@code java Main.java} (built) it has a request's dot, its trace and its log line; and
 * under a load of menu requests: what it takes, what it loses, and how long the page's questions wait for their answers.
 */
final class PocketBench {
    private static final int SECONDS = 60;
    private static final Pattern TRACE = Pattern.compile("\"trace\":\"([0-9a-f]{32})\"");

    private final HttpClient client = HttpClient.newHttpClient();
    private final Map<String, List<Double>> waited = new LinkedHashMap<>();
    private Matcher trace; // the ids in the last answer

    private PocketBench() {
    }

    /** @param args how many starts, 5 without; requests per second, 2000 without */
    static void main(String[] args) throws Exception {
        int starts = args.length == 0 ? 5 : Integer.parseInt(args[0]);
        int rate = args.length < 2 ? 2_000 : Integer.parseInt(args[1]);
        var bench = new PocketBench();
        System.out.println(Machine.describe() + "\n");
        List<double[]> seconds = new ArrayList<>();
        for (int i = 0; i < starts; i++) {
            seconds.add(new double[] {bench.start()});
        }
        if (starts > 0) {
            System.out.printf(Locale.ROOT, "java Main.java to the first request in all three pillars: %s s, median %.1f%n",
                    seconds.stream().map(one -> "%.1f".formatted(one[0])).toList(), Machine.median(seconds, 0));
        }
        if (rate > 0) {
            bench.load(rate);
        }
    }

    private double start() throws Exception {
        int page = Together.freePort();
        Path folder = Files.createTempDirectory("pocket");
        var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "Main.java")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(Map.of("HTTP_PORT", "" + Together.freePort(), "POCKET_PORT", "" + page,
                "POCKET_OTLP_PORT", "" + Together.freePort(), "LOG_FILE", folder.resolve("app.log").toString()));
        long startNanos = System.nanoTime();
        Process launcher = builder.start();
        try {
            while (!joined("http://127.0.0.1:" + page)) {
                if (!launcher.isAlive()) {
                    throw new IOException("java Main.java ended with " + launcher.exitValue());
                }
                Thread.sleep(20);
            }
            return (System.nanoTime() - startNanos) / 1e9;
        } finally {
            launcher.destroy();
            launcher.waitFor(20, TimeUnit.SECONDS);
        }
    }

    /** Whether a dot's trace and log line are there, too. */
    private boolean joined(String pocket) {
        try {
            long from = System.currentTimeMillis() / 1000 - 60;
            trace = TRACE.matcher(get(pocket + "/api/metrics?step=60&from=" + from));
            return trace.find() && get(pocket + "/api/trace?id=" + trace.group(1)).contains("spans")
                    && get(pocket + "/api/logs?limit=1&trace=" + trace.group(1)).length() > 2;
        } catch (Exception e) {
            return false; // not yet
        }
    }

    private void load(int rate) throws Exception {
        Path folder = Files.createTempDirectory("pocket");
        try (var together = new Together(folder)) {
            ServerProcess pocket = together.pocket;
            var traffic = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "@build/traffic.args")
                    .inheritIO();
            traffic.environment().putAll(Map.of("TRAFFIC_TARGET", "http://127.0.0.1:" + together.api.port(), "TRAFFIC_RATE", "" + rate,
                    "TRAFFIC_MIX", "menu=100", "TRAFFIC_DURATION", SECONDS + "s"));
            Process running = traffic.start();
            String url = "http://127.0.0.1:" + pocket.port();
            double cpuBefore = pocket.cpuSeconds();
            long startNanos = System.nanoTime();
            for (int turn = 0; running.isAlive(); turn++) {
                askAsAnOpenPageDoes(url);
                if (turn % 4 == 0) {
                    askAsAPersonDoes(url);
                }
                running.waitFor(500, TimeUnit.MILLISECONDS);
            }
            double cores = (pocket.cpuSeconds() - cpuBefore) / ((System.nanoTime() - startNanos) / 1e9);
            Thread.sleep(2_000); // the last batch of spans, the last look at the log
            report(url, folder, cores, pocket.residentMegabytes());
        }
    }

    private void askAsAnOpenPageDoes(String url) throws Exception {
        long now = System.currentTimeMillis() / 1000;
        trace = TRACE.matcher(ask("charts", url + "/api/metrics?step=5&from=" + (now - 300)));
        ask("newest lines", url + "/api/logs?limit=100");
        ask("newest traces", url + "/api/traces?limit=50");
    }

    private void askAsAPersonDoes(String url) throws Exception {
        long now = System.currentTimeMillis() / 1000;
        ask("charts, 15 minutes", url + "/api/metrics?step=15&from=" + (now - 900));
        ask("text that no line has", url + "/api/logs?limit=100&text=menu+of+the+day");
        ask("errors of a minute", url + "/api/logs?limit=100&level=ERROR&from=%d&to=%d".formatted(now - 60, now));
        ask("slowest traces", url + "/api/traces?limit=50&order=slowest");
        if (trace.find()) {
            ask("one trace", url + "/api/trace?id=" + trace.group(1));
            ask("its lines", url + "/api/logs?limit=500&trace=" + trace.group(1));
        }
    }

    private String ask(String what, String url) throws Exception {
        long startNanos = System.nanoTime();
        String answer = get(url);
        waited.computeIfAbsent(what, _ -> new ArrayList<>()).add((System.nanoTime() - startNanos) / 1e6);
        return answer;
    }

    private String get(String url) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    private void report(String url, Path folder, double cores, double megabytes) throws Exception {
        long written = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(file -> file.getFileName().toString().startsWith("app.log")).toList()) {
                try (Stream<String> lines = Files.lines(file)) {
                    written += lines.count();
                }
            }
        }
        Map<String, Object> status = JSON.std.mapFrom(get(url + "/api/status"));
        System.out.printf(Locale.ROOT, "%nPocket: %.2f of a core, %.0f MB resident%nlog: %s (%d lines are in the files)%ntraces: %s%n%n",
                cores, megabytes, status.get("logs"), written, status.get("traces"));
        System.out.println("| the page asks for | times | median ms | p95 ms | longest ms |\n|---|---|---|---|---|");
        waited.put("all of it", waited.values().stream().flatMap(List::stream).toList());
        waited.forEach((what, times) -> {
            double[] sorted = times.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            System.out.printf(Locale.ROOT, "| %s | %d | %.1f | %.1f | %.1f |%n", what, sorted.length, sorted[sorted.length / 2],
                    sorted[(int) (sorted.length * .95)], Arrays.stream(sorted).max().orElseThrow());
        });
    }
}
