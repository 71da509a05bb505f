package demo.bench;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What open connections cost those that ask: eight ask for the menu, 2,000 times a second in all, while the others have
 * asked once and stay. The bare server beside the service shows what of it is the JDK's.
 */
final class ConnectionsScale {
    private static final List<Integer> SIZES = List.of(10, 100, 1_000, 10_000);
    private static final int ASKING = 8;
    private static final double REQUESTS_A_SECOND = 2_000;
    private static final int WARM_UP_SECONDS = 6;
    private static final int SECONDS = 4;
    /** Files that this process and a server have open besides. */
    private static final int OTHER_FILES = 300;

    private ConnectionsScale() {
    }

    static void run(int rounds) throws Exception {
        var results = new Results(String.format("%d connections ask %,.0f times a second, the others are idle; %d rounds of %d s",
                ASKING, REQUESTS_A_SECOND, rounds, SECONDS), "open connections",
                new Results.Column("p50 µs", "%.0f"), new Results.Column("p99 µs", "%.0f"),
                new Results.Column("CPU-s per 100k", "%.1f"), new Results.Column("resident MB", "%.0f"));
        long files = ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                ? system.getMaxFileDescriptorCount() : Long.MAX_VALUE;
        Path folder = Files.createTempDirectory(Path.of("build"), "bench-connections").toAbsolutePath();
        try (var sink = new Sink()) {
            for (int round = 0; round < rounds; round++) {
                for (int size : SIZES) {
                    if (size + OTHER_FILES > files) {
                        System.out.println("skipped: " + size + " connections, because a process may open " + files
                                + " files here (ulimit -Hn)\n");
                        continue;
                    }
                    measure(String.format("bare, %,d", size), bare(size), Map.of(), size, folder, results);
                    measure(String.format("the service, %,d", size), ProgramCommand.read("api").arguments(), service(sink, size), size,
                            folder, results);
                }
            }
        } finally {
            Child.delete(folder);
        }
        results.print();
    }

    private static List<String> bare(int size) {
        var command = new ArrayList<>(BareServer.command());
        command.add(1, "-Dsun.net.httpserver.maxIdleConnections=" + size * 2);
        command.add(1, "-Dsun.net.httpserver.idleInterval=3600");
        return command;
    }

    private static Map<String, String> service(Sink sink, int size) {
        var environment = new HashMap<>(sink.environment());
        environment.put("HTTP_MAX_CONNECTIONS", Integer.toString(size * 2));
        environment.put("HTTP_TIMEOUT", "1h");
        return environment;
    }

    private static void measure(String row, List<String> command, Map<String, String> environment, int size, Path folder,
                                Results results) throws Exception {
        var idle = new ArrayList<Socket>();
        try (var server = new ServerProcess(command, environment, folder)) {
            for (int i = ASKING; i < size; i++) {
                idle.add(idle(server.port()));
            }
            try (var load = Load.atFixedTimes(server.port(), "/menu", ASKING, REQUESTS_A_SECOND)) {
                Thread.sleep(WARM_UP_SECONDS * 1_000L);
                load.take();
                double cpu = server.cpuSeconds();
                Thread.sleep(SECONDS * 1_000L);
                Latencies latencies = load.take();
                results.add(row, latencies.micros(0.5), latencies.micros(0.99),
                        (server.cpuSeconds() - cpu) / latencies.count() * 100_000, server.residentMegabytes());
            }
            for (Socket socket : idle) {
                ask(socket); // it would not be a measurement of open connections if the server had closed them
            }
        } finally {
            for (Socket socket : idle) {
                socket.close();
            }
        }
    }

    private static Socket idle(int port) throws IOException {
        Socket socket = Load.connected(port);
        ask(socket);
        return socket;
    }

    private static void ask(Socket socket) throws IOException {
        socket.getOutputStream().write("GET /menu HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        Load.readAnswer(socket.getInputStream(), new byte[2_048]);
    }
}
