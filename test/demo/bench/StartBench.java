package demo.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * From the start of a process to its first answer: bare server, the agent's default set, trimmed, with the AOT cache,
 * as {@code java Main.java} starts it, and {@code java Main.java} as a whole. Interleaved, medians.
 */
final class StartBench {
    private record Variant(String name, List<String> arguments, Map<String, String> environment) {
    }

    private StartBench() {
    }

    /** @param args how many rounds, 7 without */
    static void main(String[] args) throws Exception {
        int rounds = args.length == 0 ? 7 : Integer.parseInt(args[0]);
        var api = ApiCommand.read();
        int port = freePort();
        var variants = List.of(
                new Variant("bare JDK server", List.of("java", "-cp", System.getProperty("java.class.path"), "demo.bench.BareServer"), Map.of()),
                new Variant("the service without the agent", api.without("-javaagent", "-Dotel", "-XX:AOTCache", "-Xbootclasspath"), Map.of()),
                new Variant("+ agent, default set", api.without("-XX:AOTCache", "-Xbootclasspath", "-Dotel.javaagent.configuration-file"),
                        Map.of("OTEL_TRACES_EXPORTER", "none", "OTEL_METRICS_EXPORTER", "none", "OTEL_LOGS_EXPORTER", "none")),
                new Variant("+ agent, trimmed", api.without("-XX:AOTCache", "-Xbootclasspath"), Map.of()),
                new Variant("+ AOT cache", api.arguments(), Map.of()),
                new Variant("+ C1 only: as Main.java starts it", api.with("-XX:TieredStopAtLevel=1"), Map.of()),
                new Variant("java Main.java as a whole", List.of("java", "Main.java", "--no-pocket", "--no-traffic"),
                        Map.of("HTTP_PORT", Integer.toString(port))));
        Map<String, List<double[]>> results = new LinkedHashMap<>();
        Path folder = Files.createTempDirectory("start");
        for (int round = 0; round <= rounds; round++) {
            for (Variant variant : variants) {
                try (var server = new ServerProcess(variant.arguments(), variant.environment(), folder)) {
                    double seconds = server.firstAnswer().toNanos() / 1e9;
                    if (round > 0) { // the first warms the disk's cache
                        results.computeIfAbsent(variant.name(), name -> new ArrayList<>())
                                .add(new double[] {seconds, server.cpuSeconds(), server.residentMegabytes()});
                    }
                }
            }
        }
        System.out.println(Machine.describe() + ", " + rounds + " rounds\n");
        System.out.println("| start to first answer | median s | fastest to slowest | CPU-s | resident MB |");
        System.out.println("|---|---|---|---|---|");
        results.forEach((name, runs) -> System.out.printf(Locale.ROOT, "| %s | %.2f | %.2f–%.2f | %.2f | %.0f |%n", name,
                Machine.median(runs, 0), runs.stream().mapToDouble(r -> r[0]).min().orElseThrow(),
                runs.stream().mapToDouble(r -> r[0]).max().orElseThrow(), Machine.median(runs, 1),
                Machine.median(runs, 2)));
    }

    private static int freePort() throws Exception {
        try (var socket = new java.net.ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
