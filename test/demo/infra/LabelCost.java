package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.drills.Drill;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Pattern;
import org.opentest4j.TestAbortedException;

/**
 * What {@code trace_id} costs as a label of Loki's, beside what it costs as structured metadata: the same lines, five of each
 * trace, pushed to the real Loki once each way; streams, memory, objects, and how long a trace's lines take to be found.
 */
public final class LabelCost implements Drill {
    private static final int LINES_A_TRACE = 5;
    private static final int TRACES_A_PUSH = 100;

    private final int traces;

    /** @param traces at most 1,600, a multiple of 100: each has three streams as a label, and Loki refuses more than 5,000 */
    public LabelCost(int traces) {
        this.traces = traces;
    }

    private record Cost(long streams, long residentMegabytes, long objects, double pushSeconds, double findMillis) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%d streams, %d MB resident more, %d objects in the bucket, pushed in %.1f s, a trace found in %.0f ms",
                    streams, residentMegabytes, objects, pushSeconds, findMillis);
        }
    }

    @Override
    public String run(Path folder, long seed) throws Exception {
        if (!OwnJudgesTest.isOnPath("loki")) {
            throw new TestAbortedException("loki is not on the PATH (nix develop brings it)");
        }
        var metadata = measure(Files.createDirectory(folder.resolve("metadata")), seed, false);
        var label = measure(Files.createDirectory(folder.resolve("label")), seed, true);

        assertEquals(3, metadata.streams);
        assertEquals(3 * traces, label.streams);
        return traces + " traces, " + traces * LINES_A_TRACE + " lines. As structured metadata: " + metadata + ". As a label: " + label;
    }

    private Cost measure(Path folder, long seed, boolean asLabel) throws IOException {
        try (var loki = new RealLoki(folder, config -> asLabel
                ? config.replace("attributes: [service, level, method]", "attributes: [service, level, method, trace_id]") : config)) {
            var random = new Random(seed);
            var start = Instant.now().minus(Duration.ofMinutes(2));
            long residentBefore = resident(loki.pid());
            long began = System.nanoTime();
            var last = "";
            for (int i = 0; i < traces; i += TRACES_A_PUSH) {
                var records = new StringBuilder();
                for (int j = 0; j < TRACES_A_PUSH; j++) {
                    last = HexFormat.of().toHexDigits(random.nextLong()) + HexFormat.of().toHexDigits(random.nextLong());
                    for (int k = 0; k < LINES_A_TRACE; k++) {
                        records.append(records.isEmpty() ? "" : ",").append(record(last, k, start.plusMillis(20L * (i + j) + k), asLabel));
                    }
                }
                var answer = loki.push(records.toString());
                assertEquals(204, answer.statusCode(), answer.body());
            }
            double pushSeconds = (System.nanoTime() - began) / 1e9;
            long streams = gauge(loki, "loki_ingester_memory_streams");
            long resident = resident(loki.pid()) - residentBefore;
            began = System.nanoTime();
            var found = loki.get("/loki/api/v1/query_range", "query", asLabel ? "{trace_id=\"" + last + "\"}" : "{service=\"api\"} | trace_id=\"" + last + "\"",
                    "since", "10m", "limit", "100");
            double findMillis = (System.nanoTime() - began) / 1e6;
            assertEquals(LINES_A_TRACE, Pattern.compile("a line of the trace").matcher(found.body()).results().count(), found.body());
            assertEquals(204, loki.post("/flush").statusCode());
            return new Cost(streams, resident, objects(folder), pushSeconds, findMillis);
        }
    }

    private static String record(String trace, int n, Instant time, boolean asLabel) {
        var id = attribute("trace_id", trace);
        return "{\"resource\":{\"attributes\":[" + attribute("service", "api") + "," + attribute("level", n == 0 ? "DEBUG" : "INFO") + ","
                + attribute("method", n < 3 ? "GET" : "POST") + (asLabel ? "," + id : "") + "]},\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\""
                + time.getEpochSecond() + "%09d".formatted(time.getNano()) + "\",\"body\":{\"stringValue\":\"a line of the trace, " + "x".repeat(250) + "\"},"
                + "\"attributes\":[" + (asLabel ? "" : id) + "]}]}]}";
    }

    private static String attribute(String name, String value) {
        return "{\"key\":\"" + name + "\",\"value\":{\"stringValue\":\"" + value + "\"}}";
    }

    private static long gauge(RealLoki loki, String name) throws IOException {
        return (long) Pattern.compile("(?m)^" + name + "(?:\\{[^}]*})? (\\S+)$").matcher(loki.get("/metrics").body()).results()
                .mapToDouble(found -> Double.parseDouble(found.group(1))).sum();
    }

    private static long resident(long pid) throws IOException {
        var status = Pattern.compile("VmRSS:\\s+(\\d+) kB").matcher(Files.readString(Path.of("/proc/" + pid + "/status")));
        assertTrue(status.find());
        return Long.parseLong(status.group(1)) / 1000;
    }

    private static long objects(Path folder) throws IOException {
        try (var files = Files.walk(folder.resolve("chunks"))) {
            return files.filter(Files::isRegularFile).count();
        }
    }
}
