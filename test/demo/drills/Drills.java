package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.api.RequestFuzz;
import demo.api.Service;
import demo.infra.BreaksDrill;
import demo.infra.LabelCost;
import demo.infra.ScaleOutDrill;
import demo.infra.StackDrill;
import demo.log.EncoderFuzz;
import demo.log.FileNameFuzz;
import demo.log.KillDrill;
import demo.log.Lines;
import demo.tools.pocket.PocketFuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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
        for (var failure : EndpointDrill.Failure.values()) {
            ALL.put("endpoint-" + label(failure), new EndpointDrill(failure, Duration.ofSeconds(30)));
        }
        for (var hostile : HostileClients.values()) {
            ALL.put("clients-" + label(hostile), new ClientsDrill(hostile, Duration.ofSeconds(10)));
        }
        ALL.put("pocket", new PocketDrill(20));
        ALL.put("fuzz-encoder", new FuzzDrill(EncoderFuzz.class, 3_000_000));
        ALL.put("fuzz-names", new FuzzDrill(FileNameFuzz.class, 2_500_000));
        ALL.put("fuzz-requests", new FuzzDrill(RequestFuzz.class, 200_000));
        ALL.put("fuzz-pocket", new FuzzDrill(PocketFuzz.class, 200_000));
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

    private int passed;
    private int failed;
    private int skipped;

    private Drills() {
    }

    public static void main(String[] args) throws IOException {
        int times = 1;
        List<String> names = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            String argument = args[i];
            if (argument.equals("--list")) {
                ALL.keySet().forEach(System.out::println);
                return;
            } else if (argument.equals("--times")) {
                String value = ++i < args.length ? args[i] : "absent";
                if (!value.matches("[1-9]\\d{0,5}")) {
                    exit("--times must be a whole number from 1 to 999999, was '" + value + "'");
                }
                times = Integer.parseInt(value);
            } else if (ALL.keySet().stream().noneMatch(name -> matches(name, argument))) {
                exit("expected --list, --times N or one of " + ALL.keySet() + ", was '" + argument + "'");
            } else {
                names.add(argument);
            }
        }
        Runtime.getRuntime().addShutdownHook(new Thread(
                () -> ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly)));
        var drills = new Drills();
        for (int seed = 1; seed <= times; seed++) {
            for (var drill : ALL.entrySet()) {
                if (names.isEmpty() || names.stream().anyMatch(name -> matches(drill.getKey(), name))) {
                    drills.run(drill.getKey(), drill.getValue(), seed);
                }
            }
        }
        System.out.println(drills.passed + " passed, " + drills.failed + " failed"
                + (drills.skipped == 0 ? "" : ", " + drills.skipped + " skipped"));
        System.exit(drills.failed == 0 ? 0 : 1);
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
            assertEquals(List.of(), summary.failures());
            assertEquals(summary.responses(), Lines.ofLog(folder.resolve("app.log")).stream()
                    .filter(line -> "/menu".equals(line.get("route"))).count());
            return "%d refused with one line; %d requests to the first (p99 %.1f ms), each in the log once"
                    .formatted(times, summary.responses(), summary.millis(0.99));
        }
    }

    private static void exit(String message) {
        System.err.println("drills: " + message);
        System.exit(2);
    }

    private static boolean matches(String name, String pattern) {
        return name.equals(pattern) || name.startsWith(pattern + "-");
    }

    private void run(String name, Drill drill, int seed) throws IOException {
        Path folder = Files.createTempDirectory("drill-" + name);
        long startNanos = System.nanoTime();
        try {
            String found = drill.run(folder, seed);
            passed++;
            print("passed", name, startNanos, found);
        } catch (TestAbortedException e) {
            skipped++;
            print("skipped", name, startNanos, e.getMessage());
        } catch (Exception | AssertionError e) {
            failed++;
            print("FAILED", name, startNanos, "seed " + seed + ": " + e);
            e.printStackTrace();
        } finally {
            delete(folder);
        }
    }

    private static void print(String outcome, String name, long startNanos, String details) {
        System.out.printf("%-8s %-22s %6.1f s  %s%n", outcome, name, (System.nanoTime() - startNanos) / 1e9, details);
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
