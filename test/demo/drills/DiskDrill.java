package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;

import demo.api.Service;
import demo.log.Lines;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What can become of the disk under the log of the real service, with customers who must not notice. Each step does
 * its harm, waits until the service has recovered by itself, and asserts that every line is accounted for: in the
 * files, or counted as lost and told in a later line.
 */
final class DiskDrill implements AutoCloseable {
    private static final int CUSTOMERS = 4;
    private static final Duration PAUSE = Duration.ofMillis(2);
    /** What the service logs before its first customer: that it started, and that traces are not exported. */
    private static final int LINES_BEFORE = 2;
    /** More than is written until the log looks again: less would hide that the file was truncated. */
    private static final int MIN_BYTES = 250_000;

    private final SmallDisk disk;
    private final Service service;
    private final Path folder;
    private final Path file;
    /** Where lines went with a file that somebody renamed. */
    private final List<Path> renamed = new ArrayList<>();
    /** Lines that told of losses, in files that somebody took; the log may have saved some of them into the next file. */
    private final Set<Map<String, Object>> reportsTaken = new HashSet<>();
    private final Random random;
    private final Customers customers;

    /** @param rotation as {@code LOG_ROTATION_SIZE} has it */
    DiskDrill(Path place, String rotation, long seed) throws Exception {
        SmallDisk.assumeAllowed();
        random = new Random(seed);
        folder = place.resolve("logs");
        disk = new SmallDisk(place, 64);
        ProcessBuilder builder = Service.process(folder, Map.of("LOG_ROTATION_SIZE", rotation));
        disk.put(builder);
        service = Service.start(builder);
        disk.seenBy(service.process());
        file = disk.outside(folder.resolve("app.log"));
        service.awaitOutput(line -> line.contains("traces are not exported"));
        await("the first lines", this::hasFirstLines);
        customers = new Customers(service.port(), CUSTOMERS, PAUSE);
    }

    private void await(String what, Wait.Condition condition) throws Exception {
        Wait.until(what, service, condition);
    }

    private long lost() throws Exception {
        return service.count("log_lines_dropped_total");
    }

    private void awaitLost(long more) throws Exception {
        long goal = lost() + more;
        await(more + " more lost lines", () -> lost() >= goal);
    }

    /** The line that tells of them comes when they have ended. */
    private void awaitTold() throws Exception {
        await("the losses to be told", () -> told() == lost());
    }

    private boolean hasFirstLines() {
        try {
            return Lines.of(file).size() == LINES_BEFORE;
        } catch (IOException e) {
            return false; // one is half-written
        }
    }

    /** -1 where the files were rotated or written to while they were read: the next look tells. */
    private long told() throws Exception {
        try {
            return Stream.concat(reportsTaken.stream(), reports(Lines.ofLog(file))).distinct()
                    .mapToLong(line -> (Long) line.get("lines_lost")).sum();
        } catch (IOException e) {
            return -1;
        }
    }

    private static Stream<Map<String, Object>> reports(List<Map<String, Object>> lines) {
        return lines.stream().filter(line -> line.containsKey("lines_lost"));
    }

    /** Between two looks of the log, now soon after one and now late; no report comes while nothing is untold. */
    private void beforeTheFileGoes() throws Exception {
        long bytes = Files.size(file) + MIN_BYTES + random.nextInt(MIN_BYTES);
        await("a file worth taking", () -> Files.size(file) > bytes);
        await("its reports", this::tookReports);
    }

    private boolean tookReports() {
        try {
            reports(Lines.ofLog(file)).forEach(reportsTaken::add);
            return true;
        } catch (IOException e) {
            return false; // the last line was half-written: the next look takes them
        }
    }

    private void awaitSaid(String words, long times) throws Exception {
        await(words, () -> service.output().stream().filter(line -> line.contains(words)).count() >= times);
    }

    /** Full to the last byte, again and again. */
    void full(int times) throws Exception {
        for (int i = 0; i < times; i++) {
            disk.fill();
            awaitLost(200);
            disk.empty();
            awaitTold();
        }
    }

    /** First only rotation fails, for the open file can still be written; then the disk is full as well. */
    void readOnly(int times) throws Exception {
        for (int i = 0; i < times; i++) {
            long failuresBefore = service.count("log_rotation_failures_total");
            long lostBefore = lost();
            disk.makeReadOnly(folder);
            await("a rotation that fails", () -> service.count("log_rotation_failures_total") > failuresBefore);
            assertEquals(lostBefore, lost());
            disk.fill();
            awaitLost(100);
            disk.empty();
            awaitLost(100);
            disk.makeWritable(folder);
            awaitTold();
        }
    }

    /** The folder and all that is in it. Before the first rotation: rotated files that somebody takes are not missed. */
    void removed(int times) throws Exception {
        for (int i = 1; i <= times; i++) {
            beforeTheFileGoes();
            remove(disk.outside(folder));
            awaitSaid("was deleted by someone else", i);
            awaitTold();
        }
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (NoSuchFileException | DirectoryNotEmptyException e) {
            throw new AssertionError("the log came back sooner than it could be removed", e);
        }
    }

    void renamed(int times) throws Exception {
        for (int i = 1; i <= times; i++) {
            Path old = file.resolveSibling("old." + renamed.size());
            Files.move(file, old);
            renamed.add(old);
            awaitSaid("was renamed by someone else", i);
        }
    }

    void truncated(int times) throws Exception {
        for (int i = 1; i <= times; i++) {
            beforeTheFileGoes();
            Files.write(file, new byte[0]);
            awaitSaid("was truncated by someone else", i);
            awaitTold();
        }
    }

    /** Everybody got an answer, and every line is in a file or was told as lost. */
    String account() throws Exception {
        Customers.Served served = customers.leave();
        assertEquals(List.of(), served.failures());
        awaitTold();
        List<Map<String, Object>> lines = new ArrayList<>(Lines.ofLog(file));
        for (Path old : renamed) {
            Lines.of(old).forEach(line -> lines.add(Lines.parse(line)));
        }
        Set<Map<String, Object>> here = reports(lines).collect(Collectors.toSet());
        long gone = reportsTaken.stream().filter(report -> !here.contains(report)).count();
        long reports = here.size() + gone;
        long found = lines.size() - here.size();
        long lost = lost() - gone;
        assertEquals(served.answered() + LINES_BEFORE, found + lost, () -> "lines; the service said " + service.output());
        return "%d requests, all answered (p99 %.1f ms); %d lines found + %d told as lost in %d lines = %d logged"
                .formatted(served.answered(), served.millis(0.99), found, lost, reports, found + lost);
    }

    @Override
    public void close() {
        customers.close();
        service.close();
    }
}
