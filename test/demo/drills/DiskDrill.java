package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.api.Service;
import demo.log.Lines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * Disk failures below the log of the real service, with clients that must not notice. Each step causes the failure and
 * waits for the automatic recovery. At the end every line is in a file or was counted and reported as dropped, except
 * the lines of a file that another process deleted or truncated.
 */
final class DiskDrill implements AutoCloseable {
    /** The service logs before its first request: that it started, and that it exports no spans. */
    private static final int LINES_BEFORE = 2;
    /** The file must be larger than this before another process takes it: more than a second of lines. */
    private static final int MIN_BYTES = 400_000;

    private final SmallDisk disk;
    private final Service service;
    private final Path folder;
    private final Path file;
    private final Clients clients;
    private boolean exact = true;

    /**
     * @param rotation the value of LOG_ROTATION_SIZE
     * @param pause    of each of four clients after each response
     */
    DiskDrill(Path place, String rotation, Duration pause) throws Exception {
        folder = place.resolve("logs");
        ProcessBuilder builder = Service.process(folder, Map.of("LOG_ROTATION_SIZE", rotation));
        SmallDisk.mountFor(builder, place);
        service = Service.start(builder);
        disk = new SmallDisk(service.process().pid(), place);
        file = disk.outside(folder.resolve("app.log"));
        await("the first lines", () -> parsed().size() == LINES_BEFORE);
        clients = new Clients(service.port(), 4, pause);
    }

    private void await(String what, Callable<Boolean> condition) throws Exception {
        Drills.await(what, service, condition);
    }

    private long dropped() throws Exception {
        return service.count("log_lines_dropped_total");
    }

    private void awaitDropped(long more) throws Exception {
        long goal = dropped() + more;
        await(more + " more dropped lines", () -> dropped() >= goal);
    }

    private void awaitReported() throws Exception {
        await("the report of the dropped lines", () -> dropped() == parsed().stream()
                .mapToLong(line -> (Long) line.getOrDefault("lines_dropped", 0L)).sum());
    }

    /** The lines of the file and its rotated files; empty if the file changed during the read: the caller polls. */
    private List<Map<String, Object>> parsed() {
        try {
            return Lines.ofLog(file);
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Fills the disk to the last byte several times. */
    void full(int times) throws Exception {
        for (int i = 0; i < times; i++) {
            disk.fill();
            awaitDropped(200);
            disk.empty();
            awaitReported();
        }
    }

    /** First only the rotation fails, because the open file is still writable. Then the disk is also full. */
    void readOnly(int times) throws Exception {
        for (int i = 0; i < times; i++) {
            long failuresBefore = service.count("log_rotation_failures_total");
            long droppedBefore = dropped();
            disk.makeReadOnly(folder);
            await("a failed rotation", () -> service.count("log_rotation_failures_total") > failuresBefore);
            // A rotation that was between its two steps at this moment has renamed the file and cannot create the next.
            assertTrue(dropped() == droppedBefore || !Files.exists(file), "dropped lines of a file that is open");
            disk.fill();
            awaitDropped(100);
            disk.empty();
            awaitDropped(100);
            disk.makeWritable(folder);
            awaitReported();
        }
    }

    private interface Change {
        void make() throws IOException;
    }

    void deleted(int times) throws Exception {
        exact = false;
        changed(times, "was renamed or deleted by", () -> Drills.delete(disk.outside(folder)));
    }

    void truncated(int times) throws Exception {
        exact = false;
        changed(times, "was truncated by", () -> Files.write(file, new byte[0]));
    }

    /** To names of rotated files that the service does not use, so that {@link Lines#ofLog} finds the lines. */
    void renamed(int times) throws Exception {
        changed(times, "was renamed or deleted by", () -> Files.move(file,
                file.resolveSibling(Files.getLastModifiedTime(file).toInstant().toString().replaceAll(
                        "(.*)T(..):(..):(..)[.]?(\\d{0,3}).*", "app.log.$1_$2-$3-$4.1$5"))));
    }

    /** Another process changes the file; the service reports each change on the console. */
    private void changed(int times, String message, Change change) throws Exception {
        for (int i = 1; i <= times; i++) {
            long reports = i;
            await("a large file", () -> Files.exists(file) && Files.size(file) > MIN_BYTES);
            change.make();
            await(message, () -> service.output().stream().filter(line -> line.contains(message)).count() >= reports);
        }
    }

    /** Asserts that every request succeeded and that every line is in a file or was reported as dropped. */
    String account() throws Exception {
        Clients.Summary summary = clients.stop();
        assertEquals(List.of(), summary.failures());
        String traceId = Service.traceId(service.get("/menu"));
        await("the line of the last request",
                () -> parsed().stream().anyMatch(line -> traceId.equals(line.get("trace_id"))));
        if (exact) {
            awaitReported();
        }
        long found = Lines.ofLog(file).stream().filter(line -> !line.containsKey("lines_dropped")).count();
        long dropped = dropped();
        long logged = summary.responses() + LINES_BEFORE + 1;
        String result = "%d requests, all successful (p99 %.1f ms); %d lines found + %d dropped, %d logged"
                .formatted(summary.responses(), summary.millis(0.99), found, dropped, logged);
        assertTrue(exact ? found + dropped == logged : found <= logged, () -> result + "; " + service.output());
        return result;
    }

    @Override
    public void close() {
        clients.close();
        service.close();
    }
}
