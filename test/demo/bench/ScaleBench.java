package demo.bench;

import demo.bench.Results.Column;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The cost of idle connections for active ones: {@code ./build.sh bench scale [ROUNDS]}. Eight connections request the
 * menu 2,000 times a second in all; the others have sent one request and stay open. The bare server next to the service
 * shows the JDK's share.
 *
 * <p>You should see: latency that does not grow with the connections, and memory that grows linearly. 10,000
 * connections need a limit of open files above 10,300 ({@code ulimit -Hn}).
 */
final class ScaleBench {
    private static final int ACTIVE = 8;
    private static final double REQUESTS_PER_SECOND = 2_000;
    private static final int WARM_UP_SECONDS = 6;
    private static final int SECONDS = 4;

    private ScaleBench() {
    }

    static void main(String[] args) throws Exception {
        int rounds = args.length == 0 ? 3 : Integer.parseInt(args[0]);
        var results = new Results(String.format("%d connections send %,.0f requests/s, the others are idle; %d rounds"
                + " of %d s", ACTIVE, REQUESTS_PER_SECOND, rounds, SECONDS), "open connections",
                new Column("p50 µs", "%.0f"), new Column("p99 µs", "%.0f"),
                new Column("CPU-s per 100k", "%.1f"), new Column("resident MB", "%.0f"));
        List<String> api = ProgramCommand.read("api").arguments();
        try (var sink = new Sink()) {
            var rows = new LinkedHashMap<String, Results.Measurement>();
            for (int size : List.of(10, 100, 1_000, 10_000)) {
                var bare = new ArrayList<>(BareServer.command());
                bare.addAll(1, List.of("-Dsun.net.httpserver.maxIdleConnections=" + size * 2,
                        "-Dsun.net.httpserver.idleInterval=3600"));
                var environment = new HashMap<>(sink.environment());
                environment.putAll(Map.of("HTTP_MAX_CONNECTIONS", Integer.toString(size * 2), "HTTP_TIMEOUT", "1h"));
                rows.put(String.format("bare, %,d", size), folder -> measure(bare, Map.of(), size, folder));
                rows.put(String.format("the service, %,d", size), folder -> measure(api, environment, size, folder));
            }
            results.measure(rounds, rows);
        }
        results.print();
        results.chart("scale", "Resident MB by open connections", 3);
    }

    private static double[] measure(List<String> command, Map<String, String> environment, int size, Path folder)
            throws Exception {
        var idle = new ArrayList<Socket>();
        try (var server = new ServerProcess(command, environment, folder)) {
            for (int i = ACTIVE; i < size; i++) {
                idle.add(Load.connect(server.port()));
                request(idle.getLast());
            }
            double[] figures;
            try (var load = Load.atFixedTimes(server.port(), "/menu", ACTIVE, REQUESTS_PER_SECOND)) {
                Thread.sleep(WARM_UP_SECONDS * 1_000L);
                load.take();
                double cpu = server.cpuSeconds();
                Thread.sleep(SECONDS * 1_000L);
                Latencies latencies = load.take();
                figures = new double[] {latencies.micros(0.5), latencies.micros(0.99),
                    (server.cpuSeconds() - cpu) / latencies.count() * 100_000, server.residentMegabytes()};
            }
            for (Socket socket : idle) {
                request(socket); // fails if the server closed the connection meanwhile
                socket.close();
            }
            return figures;
        }
    }

    private static void request(Socket socket) throws IOException {
        socket.getOutputStream().write(Load.request("/menu"));
        Load.readResponse(socket.getInputStream(), new byte[2_048]);
    }
}
