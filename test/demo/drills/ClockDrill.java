package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import demo.api.Service;
import demo.log.Lines;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Sets the clock of the real service back several times while it rotates and compresses, by libfaketime (Debian's
 * package faketime). No line is dropped or duplicated, no file is overwritten or deleted.
 *
 * <p>The clock is not set forward: the JDK's server uses the wall clock for its timeouts and would close every idle
 * connection.
 */
final class ClockDrill implements Drill {
    private static final List<Integer> SECONDS_BACK = List.of(3, 13, 3_600, 31 * 3_600);
    private static final int ROTATIONS = 4;

    @Override
    public String run(Path folder, long seed) throws Exception {
        Path clock = folder.resolve("clock");
        Files.writeString(clock, "+0");
        try (Service service = Service.start(Service.process(Files.createDirectory(folder.resolve("logs")),
                        faking(clock, Map.of("LOG_ROTATION_SIZE", "20kB", "LOG_COMPRESSION_DELAY", "1s"))));
                var clients = new Clients(service.port(), 4, Duration.ofMillis(2))) {
            awaitRotations(service);
            for (int seconds : SECONDS_BACK) {
                Files.writeString(clock, "-" + seconds);
                Drills.await("the clock is " + seconds + " s back", service,
                        () -> clockOf(service).isBefore(Instant.now().minusSeconds(seconds - 1)));
                awaitRotations(service);
            }
            Clients.Summary summary = clients.stop();
            long rotations = service.count("log_rotations_total");
            service.terminate();

            Path log = folder.resolve("logs/app.log");
            Drills.assertEachInTheLogOnce(summary, log);
            assertEquals(rotations, Lines.parts(log).size() - 1);
            return "%d clock steps, %d requests, each successful and in the log once, %d rotated files"
                    .formatted(SECONDS_BACK.size(), summary.responses(), rotations);
        }
    }

    private static void awaitRotations(Service service) throws Exception {
        long goal = service.count("log_rotations_total") + ROTATIONS;
        Drills.await("rotations", service, () -> service.count("log_rotations_total") >= goal);
    }

    private static Instant clockOf(Service service) throws Exception {
        String date = service.get("/healthz").headers().firstValue("Date").orElseThrow();
        return DateTimeFormatter.RFC_1123_DATE_TIME.parse(date, Instant::from);
    }

    private static Map<String, String> faking(Path clock, Map<String, String> settings) {
        Path library = Path.of("/usr/lib", System.getProperty("os.arch").replace("amd64", "x86_64") + "-linux-gnu",
                "faketime", "libfaketimeMT.so.1");
        assumeTrue(Files.exists(library), "needs libfaketime (Debian: apt-get install faketime)");
        Map<String, String> environment = new HashMap<>(settings);
        environment.putAll(Map.of("LD_PRELOAD", library.toString(), "FAKETIME_TIMESTAMP_FILE", clock.toString(),
                "FAKETIME_CACHE_DURATION", "1", "FAKETIME_DONT_FAKE_MONOTONIC", "1",
                "FAKETIME_FORCE_MONOTONIC_FIX", "0")); // the fix makes the JVM's timed waits return at once
        return environment;
    }
}
