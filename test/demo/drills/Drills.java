package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.api.Service;
import demo.infra.BreaksDrill;
import demo.infra.LabelCost;
import demo.infra.ScaleOutDrill;
import demo.infra.StackDrill;
import demo.log.KillDrill;
import demo.log.Lines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/**
 * Runs drills by name, in their long form: {@code ./build.sh drills [--times N] [NAME…]}. {@code disk} selects every
 * drill named {@code disk} or {@code disk-…}; no name selects all. Run number n has seed n.
 *
 * <p>Prints one line for each: passed, FAILED or skipped, name, duration, what was asserted and counted. Exit code 1
 * when one failed, 2 when a name is unknown.
 */
public final class Drills {
    private static final Map<String, Drill> ALL = new LinkedHashMap<>();

    static {
        ALL.put("disk-full", disk("1MB", drill -> drill.full(10)));
        ALL.put("disk-read-only", disk("100kB", drill -> drill.readOnly(5)));
        ALL.put("disk-deleted", disk("100MB", drill -> drill.deleted(5)));
        ALL.put("disk-renamed", disk("100MB", drill -> drill.renamed(5)));
        ALL.put("disk-truncated", disk("100MB", drill -> drill.truncated(5)));
        ALL.put("clock-back", new ClockDrill());
        ALL.put("second-process", Drills::secondProcess);
        ALL.put("kill", (folder, seed) -> new KillDrill(folder, 500_000).drill(100, 5_000_000, seed));
        for (var failure : EndpointDrill.values()) {
            ALL.put("endpoint-" + label(failure), failure);
        }
        for (var hostile : HostileClients.values()) {
            ALL.put("clients-" + label(hostile), hostile);
        }
        ALL.put("pocket", new PocketDrill(20));
        ALL.put("fuzz", new FuzzDrill(50_000));
        ALL.put("breaks", new BreaksDrill());
        ALL.put("label-cost", new LabelCost(1_500));
        ALL.put("stack-alloy-killed", StackDrill::alloyKilled);
        ALL.put("stack-loki-away", StackDrill::lokiAway);
        ALL.put("stack-minio-away", StackDrill::minioAway);
        ALL.put("stack-tempo-restarted", StackDrill::tempoRestarted);
        ALL.put("stack-restarted", StackDrill::restarted);
        ALL.put("scale-out", new ScaleOutDrill());
    }

    /** The names of all drills. */
    public static Set<String> names() {
        return ALL.keySet();
    }

    private Drills() {
    }

    public static void main(String[] args) throws IOException {
        int times = 1;
        Set<String> names = new LinkedHashSet<>();
        for (int i = 0; i < args.length; i++) {
            String argument = args[i];
            List<String> matching = ALL.keySet().stream()
                    .filter(name -> name.equals(argument) || name.startsWith(argument + "-")).toList();
            if (argument.equals("--list")) {
                ALL.keySet().forEach(System.out::println);
                return;
            } else if (argument.equals("--times") && i + 1 < args.length && args[i + 1].matches("[1-9]\\d{0,5}")) {
                times = Integer.parseInt(args[++i]);
            } else if (matching.isEmpty()) {
                System.err.println("drills: expected --list, --times N or one of " + ALL.keySet() + ", was '"
                        + argument + "'");
                System.exit(2);
            }
            names.addAll(matching);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(
                () -> ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly)));
        Map<String, Integer> outcomes = new TreeMap<>(Map.of("passed", 0, "FAILED", 0, "skipped", 0));
        for (int seed = 1; seed <= times; seed++) {
            for (String name : names.isEmpty() ? ALL.keySet() : names) {
                outcomes.merge(run(name, seed), 1, Integer::sum);
            }
        }
        System.out.println(outcomes.get("passed") + " passed, " + outcomes.get("FAILED") + " failed, "
                + outcomes.get("skipped") + " skipped");
        System.exit(outcomes.get("FAILED") == 0 ? 0 : 1);
    }

    /** Returns the outcome. */
    private static String run(String name, int seed) throws IOException {
        Path folder = Files.createTempDirectory("drill-" + name);
        long startNanos = System.nanoTime();
        String outcome;
        String details;
        try {
            details = ALL.get(name).run(folder, seed);
            outcome = "passed";
        } catch (TestAbortedException e) {
            details = e.getMessage();
            outcome = "skipped";
        } catch (Exception | AssertionError e) {
            e.printStackTrace();
            details = "seed " + seed + ": " + e;
            outcome = "FAILED";
        } finally {
            delete(folder);
        }
        System.out.printf("%-8s %-22s %6.1f s  %s%n", outcome, name, (System.nanoTime() - startNanos) / 1e9, details);
        return outcome;
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Polls until the condition is true, at most 60 s. */
    static void await(String what, Service service, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (!condition.call()) {
            assertTrue(System.nanoTime() < deadline, () -> "not within 60 s: " + what + "; the service printed "
                    + service.output());
            Thread.sleep(100);
        }
    }

    private static String label(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private interface DiskFailure {
        void cause(DiskDrill drill) throws Exception;
    }

    private static Drill disk(String rotation, DiskFailure failure) {
        return (folder, seed) -> {
            try (var drill = new DiskDrill(folder, rotation, Duration.ofMillis(2))) {
                failure.cause(drill);
                return drill.account();
            }
        };
    }

    /** Starts a second service on the log of a busy one: it is refused with one line, the first drops nothing. */
    private static String secondProcess(Path folder, long seed) throws Exception {
        int times = 5;
        try (Service first = Service.start(folder, Map.of());
                var clients = new Clients(first.port(), 4, Duration.ofMillis(2))) {
            for (int i = 0; i < times; i++) {
                Process second = Service.process(folder, Map.of()).start();
                String output = new String(second.getInputStream().readAllBytes());

                assertEquals(1, second.waitFor());
                assertTrue(output.contains("another process (" + first.process().pid() + ") already writes the log"),
                        output);
                assertEquals(1, output.lines().count(), output);
            }
            Clients.Summary summary = clients.stop();
            assertEachInTheLogOnce(summary, folder.resolve("app.log"));
            return "%d refused with one line; %d requests to the first (p99 %.1f ms), each in the log once"
                    .formatted(times, summary.responses(), summary.millis(0.99));
        }
    }

    /** Every request succeeded and has one line. */
    static void assertEachInTheLogOnce(Clients.Summary summary, Path log) throws IOException {
        assertEquals(List.of(), summary.failures());
        assertEquals(summary.responses(),
                Lines.ofLog(log).stream().filter(line -> "/menu".equals(line.get("route"))).count());
    }
}
