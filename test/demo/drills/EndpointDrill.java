package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import demo.api.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The place where the traces go is down, slow, or accepts and never answers, and is back again. Two services run side by
 * side, one with a sound endpoint, one with a troubled one, so that both meet the same machine: the troubled one's
 * customers wait no longer, it needs no more memory, it says each change once, and its spans flow within ten seconds
 * once the endpoint is back.
 */
final class EndpointDrill implements Drill {
    private static final Duration WARM_UP = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(2);
    private static final int CUSTOMERS = 2;
    private static final long MILLIS_TO_FLOW = 10_000;
    /** The agent's queue of 16,384 spans is 16 MB; the rest is what two heaps of one size differ by. */
    private static final long MAX_MORE_MEGABYTES = 64;
    /** Medians of one service differ by as much on a machine that does other things as well. */
    private static final double NOISE = 1.25;
    /** A request that waited for the exporter would wait for seconds. */
    private static final double MAX_MILLIS = 2_000;

    private final Endpoint.Trouble trouble;
    private final Duration duration;

    EndpointDrill(Endpoint.Trouble trouble, Duration duration) {
        this.trouble = trouble;
        this.duration = duration;
    }

    @Override
    public String run(Path folder, long seed) throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/status")), "needs Linux, to read how much memory a process has");
        try (var soundEndpoint = new Endpoint();
                var endpoint = new Endpoint();
                Service sound = start(folder.resolve("sound"), soundEndpoint);
                Service troubled = start(folder.resolve("troubled"), endpoint)) {
            serve(sound, troubled, WARM_UP);
            endpoint.begin(trouble);
            Customers.Served[] served = serve(sound, troubled, duration);
            long megabytes = megabytes(troubled);
            long soundMegabytes = megabytes(sound);
            endpoint.end(trouble);
            double secondsToFlow = millisUntilSpansFlow(troubled, endpoint) / 1e3;
            if (said(troubled, "spans are dropped") > 0) {
                troubled.awaitOutput(line -> line.contains("spans are exported again"));
            }
            long lost = troubled.count("trace_spans_failed_total");

            String found = "%d requests, median %.2f ms beside %.2f, p99 %.1f beside %.1f; %d MB beside %d; spans flow after %.1f s"
                    .formatted(served[1].answered(), served[1].millis(0.5), served[0].millis(0.5), served[1].millis(0.99),
                            served[0].millis(0.99), megabytes, soundMegabytes, secondsToFlow);
            assertEquals(List.of(), served[1].failures());
            assertTrue(served[1].millis(0.5) < served[0].millis(0.5) * NOISE, found);
            assertTrue(served[1].millis(1) < MAX_MILLIS, found);
            assertTrue(megabytes < soundMegabytes + MAX_MORE_MEGABYTES, found);
            long changes = trouble == Endpoint.Trouble.SLOW && lost == 0 ? 0 : 1;
            assertEquals(changes, said(troubled, "spans are dropped"));
            assertEquals(changes, said(troubled, "spans are exported again"));
            assertEquals(said(sound, ""), said(troubled, "") - 2 * changes, () -> "a flood: " + troubled.output());
            return found + "; " + lost + " spans dropped, " + 2 * changes + " lines about it";
        }
    }

    private static Service start(Path folder, Endpoint endpoint) throws IOException, InterruptedException {
        return Service.start(Files.createDirectory(folder), Service.exportingTo(endpoint.url()));
    }

    private static Customers.Served[] serve(Service one, Service other, Duration duration) throws InterruptedException {
        try (var ones = new Customers(one.port(), CUSTOMERS, PAUSE);
                var others = new Customers(other.port(), CUSTOMERS, PAUSE)) {
            Thread.sleep(duration);
            return new Customers.Served[] {ones.leave(), others.leave()};
        }
    }

    private static long megabytes(Service service) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(service.process().pid()), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024).findFirst().orElseThrow();
    }

    private static long millisUntilSpansFlow(Service service, Endpoint endpoint) throws Exception {
        long since = System.currentTimeMillis();
        try (var customers = new Customers(service.port(), 1, Duration.ofMillis(20))) {
            Wait.until("spans to flow again", service, () -> endpoint.hasSpanSince(since));
            long millis = System.currentTimeMillis() - since;
            assertTrue(millis < MILLIS_TO_FLOW, () -> "spans flow after " + millis + " ms");
            customers.leave();
            return millis;
        }
    }

    /** On the console and, where it says anything of traces, in the log. */
    private static long said(Service service, String words) throws IOException {
        long onConsole = service.output().stream().filter(line -> line.contains(words)).count();
        long inLog = service.lines().stream().filter(line -> !"http".equals(line.get("logger"))
                && line.get("message").toString().contains(words)).count();
        return Math.max(onConsole, inLog);
    }
}
