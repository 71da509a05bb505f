package demo.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Whether memory stays as it is: the service and Pocket under the demo's own traffic (menu, orders, payments, lookups),
 * 500 requests/s. "Live" is what is left of the heap when all garbage has been collected; "resident" is what the system
 * counts for the whole process.
 *
 * <p>You should see: live and resident rise in the first minutes, until the newest 10,000 orders and Pocket's stores
 * are full and the compilers are done, and stay there.
 */
final class MemoryScale {
    private static final int POINTS = 10;
    /** A visit is 1.35 requests: every order is paid for by a request of the service to itself. */
    private static final int VISITS_A_SECOND = 370;

    private MemoryScale() {
    }

    static void run(int minutes) throws Exception {
        var results = new Results(minutes + " minutes at 500 requests/s", "until",
                new Results.Column("requests/s", "%.0f"),
                new Results.Column("service: resident MB", "%.0f"), new Results.Column("live MB", "%.1f"),
                new Results.Column("CPU-s per 100k", "%.1f"),
                new Results.Column("Pocket: resident MB", "%.0f"), new Results.Column("live MB", "%.1f"),
                new Results.Column("CPU, % of a core", "%.1f"));
        Path folder = Files.createTempDirectory(Path.of("build"), "bench-memory").toAbsolutePath();
        try (var together = new Together(folder)) {
            Process traffic = traffic(together.api.port());
            try {
                watch(together, minutes, results);
            } finally {
                traffic.destroy();
                if (!traffic.waitFor(10, TimeUnit.SECONDS)) {
                    traffic.destroyForcibly();
                }
            }
        } finally {
            Child.delete(folder);
        }
        results.print();
    }

    private static void watch(Together together, int minutes, Results results) throws Exception {
        long begin = System.nanoTime();
        double apiCpu = together.api.cpuSeconds();
        double pocketCpu = together.pocket.cpuSeconds();
        double requests = 0;
        long last = begin;
        for (int point = 1; point <= POINTS; point++) {
            long due = begin + TimeUnit.MINUTES.toNanos(minutes) * point / POINTS;
            Thread.sleep(Math.max(0, TimeUnit.NANOSECONDS.toMillis(due - System.nanoTime())));
            double answered = together.api.metric("http_server_request_duration_seconds_count");
            long now = System.nanoTime();
            double seconds = (now - last) / 1e9;
            double apiCpuNow = together.api.cpuSeconds();
            double pocketCpuNow = together.pocket.cpuSeconds();
            results.add(Math.round((due - begin) / 6e9) / 10.0 + " min", (answered - requests) / seconds,
                    together.api.residentMegabytes(), together.api.liveMegabytes(),
                    (apiCpuNow - apiCpu) / (answered - requests) * 100_000,
                    together.pocket.residentMegabytes(), together.pocket.liveMegabytes(),
                    (pocketCpuNow - pocketCpu) / seconds * 100);
            requests = answered;
            last = now;
            apiCpu = apiCpuNow;
            pocketCpu = pocketCpuNow;
        }
    }

    private static Process traffic(int port) throws Exception {
        List<String> command = new ArrayList<>(ProgramCommand.read("traffic").arguments());
        command.set(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
        var builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(Map.of("TRAFFIC_TARGET", "http://127.0.0.1:" + port,
                "TRAFFIC_RATE", Integer.toString(VISITS_A_SECOND)));
        return builder.start();
    }
}
