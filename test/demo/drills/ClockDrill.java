package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import demo.api.Service;
import demo.log.Lines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The clock of the real service is set back, again and again, while it rotates and compresses; libfaketime (Debian's
 * package faketime) lies to it. No line is lost or doubled, no file is overwritten or deleted.
 *
 * <p>Forward is another matter: the JDK's server takes the time of day for its time limits, so that it then closes
 * every idle connection.
 */
final class ClockDrill implements Drill {
    private static final List<String> OFFSETS = List.of("+0", "-3s", "-13s", "-1h", "-31h");
    private static final int ROTATIONS = 4;

    @Override
    public String run(Path folder, long seed) throws Exception {
        Path clock = folder.resolve("clock");
        Files.writeString(clock, "+0");
        try (Service service = Service.start(Service.process(Files.createDirectory(folder.resolve("logs")),
                        lyingTo(clock, Map.of("LOG_ROTATION_SIZE", "20kB", "LOG_COMPRESSION_DELAY", "1s"))));
                var customers = new Customers(service.port(), 4, Duration.ofMillis(2))) {
            for (String offset : OFFSETS) {
                Files.writeString(clock, offset);
                long goal = service.count("log_rotations_total") + ROTATIONS;
                Wait.until("rotations at " + offset, service, () -> service.count("log_rotations_total") >= goal);
            }
            Customers.Served served = customers.leave();
            long rotations = service.count("log_rotations_total");
            service.terminate();

            List<Map<String, Object>> lines = Lines.ofLog(folder.resolve("logs/app.log"));
            assertEquals(List.of(), served.failures());
            assertEquals(served.answered(), lines.stream().filter(line -> "/menu".equals(line.get("route"))).count());
            assertEquals(rotations, Lines.parts(folder.resolve("logs/app.log")).size() - 1);
            return "%d steps of the clock, %d requests, all answered, each in the log once, %d rotated files, each still there"
                    .formatted(OFFSETS.size() - 1, served.answered(), rotations);
        }
    }

    private static Map<String, String> lyingTo(Path clock, Map<String, String> settings) throws IOException {
        List<Path> libraries = new ArrayList<>();
        if (Files.isDirectory(Path.of("/usr/lib"))) {
            try (Stream<Path> folders = Files.list(Path.of("/usr/lib"))) {
                folders.map(f -> f.resolve("faketime/libfaketimeMT.so.1")).filter(Files::exists).forEach(libraries::add);
            }
        }
        assumeTrue(!libraries.isEmpty(), "needs libfaketime (Debian: apt-get install faketime)");
        Map<String, String> environment = new HashMap<>(settings);
        environment.putAll(Map.of("LD_PRELOAD", libraries.getFirst().toString(), "FAKETIME_TIMESTAMP_FILE",
                clock.toString(), "FAKETIME_CACHE_DURATION", "1", "FAKETIME_DONT_FAKE_MONOTONIC", "1"));
        return environment;
    }
}
