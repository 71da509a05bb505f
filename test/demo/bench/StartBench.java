package demo.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * From the start of a process to its first response: {@code ./build.sh bench start [ROUNDS]}.
 *
 * <p>You should see: the agent takes most of the time; the trimmed set, the AOT cache and C1 each save a good part.
 */
final class StartBench {
    private static final Map<String, String> NO_EXPORT = Map.of("OTEL_TRACES_EXPORTER", "none",
            "OTEL_METRICS_EXPORTER", "none", "OTEL_LOGS_EXPORTER", "none");

    private record Variant(String name, ProgramCommand command, Map<String, String> environment) {
    }

    private StartBench() {
    }

    static void main(String[] args) throws Exception {
        int rounds = args.length == 0 ? 7 : Integer.parseInt(args[0]);
        var api = ProgramCommand.read("api");
        var withoutCache = api.without("-XX:AOTCache", "-Xbootclasspath");
        var variants = List.of(
                new Variant("bare JDK server", new ProgramCommand(BareServer.command()), Map.of()),
                new Variant("the service without the agent", api.withoutAgent(), Map.of()),
                new Variant("+ agent, default set", withoutCache.without("-Dotel.javaagent.configuration-file"),
                        NO_EXPORT),
                new Variant("+ agent, trimmed", withoutCache, Map.of()),
                new Variant("+ AOT cache", api, Map.of()),
                new Variant("+ C1 only: as `Main.java` starts it", api.with("-XX:TieredStopAtLevel=1"), Map.of()),
                new Variant("`java Main.java` as a whole",
                        new ProgramCommand(List.of("java", "Main.java", "--no-pocket", "--no-traffic")),
                        Map.of("HTTP_PORT", Integer.toString(ServerProcess.freePort()))));
        var results = new Results(api.agent() + "; " + rounds + " rounds", "start to first response",
                new Results.Column("s", "%.2f"), new Results.Column("CPU-s", "%.2f"),
                new Results.Column("resident MB", "%.0f"));
        Path folder = Files.createTempDirectory(Path.of("build"), "bench-start").toAbsolutePath();
        try {
            for (int round = 0; round <= rounds; round++) {
                for (Variant variant : variants) {
                    try (var server = new ServerProcess(variant.command().arguments(), variant.environment(), folder)) {
                        double seconds = server.firstResponse().toNanos() / 1e9;
                        if (round > 0) { // the first round fills the page cache
                            results.add(variant.name(), seconds, server.cpuSeconds(), server.residentMegabytes());
                        }
                    }
                }
            }
        } finally {
            Child.delete(folder);
        }
        results.print();
        results.chart("start", "Seconds from the start of the process to the first response", 0);
    }
}
