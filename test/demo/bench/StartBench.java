package demo.bench;

import demo.bench.Results.Column;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * From the start of a process to its first response: {@code ./build.sh bench start [ROUNDS]}. An unmeasured first start
 * of each variant fills the page cache.
 *
 * <p>You should see: the agent takes most of the time; the trimmed set, the AOT cache and C1 each save a good part.
 */
final class StartBench {
    private static final Map<String, String> NO_EXPORT = Map.of("OTEL_TRACES_EXPORTER", "none",
            "OTEL_METRICS_EXPORTER", "none", "OTEL_LOGS_EXPORTER", "none");

    private StartBench() {
    }

    static void main(String[] args) throws Exception {
        int rounds = args.length == 0 ? 7 : Integer.parseInt(args[0]);
        var api = ProgramCommand.read("api");
        var withoutCache = api.without("-XX:AOTCache", "-Xbootclasspath");
        var rows = new LinkedHashMap<String, Results.Measurement>();
        rows.put("bare JDK server", folder -> start(BareServer.command(), Map.of(), folder));
        rows.put("the service without the agent", folder -> start(api.withoutAgent(), Map.of(), folder));
        rows.put("+ agent, default set", folder -> start(
                withoutCache.without("-Dotel.javaagent.configuration-file"), NO_EXPORT, folder));
        rows.put("+ agent, trimmed", folder -> start(withoutCache, Map.of(), folder));
        rows.put("+ AOT cache", folder -> start(api, Map.of(), folder));
        rows.put("+ C1 only: as `Main.java` starts it",
                folder -> start(api.with("-XX:TieredStopAtLevel=1"), Map.of(), folder));
        var main = new ProgramCommand(List.of(ProgramCommand.JAVA, "Main.java", "--no-pocket", "--no-traffic"));
        rows.put("`java Main.java` as a whole", folder -> start(main, Map.of("HTTP_PORT", freePort()), folder));
        Column[] columns = {new Column("s", "%.2f"), new Column("CPU-s", "%.2f"), new Column("resident MB", "%.0f")};
        new Results("warm-up", "start", columns).measure(1, rows);
        var results = new Results(api.agent() + "; " + rounds + " rounds", "start to first response", columns);
        results.measure(rounds, rows);
        results.print();
    }

    private static String freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return Integer.toString(socket.getLocalPort());
        }
    }

    private static double[] start(ProgramCommand command, Map<String, String> environment, Path folder)
            throws Exception {
        try (var server = new ServerProcess(command.arguments(), environment, folder)) {
            double seconds = server.firstResponse().toNanos() / 1e9;
            return new double[] {seconds, server.cpuSeconds(), server.residentMegabytes()};
        }
    }
}
