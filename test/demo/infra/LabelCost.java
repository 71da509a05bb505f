package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;

import demo.drills.Drill;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/**
 * The cost of {@code trace_id} as a label of Loki, compared with structured metadata. The same lines, five per trace,
 * are pushed to the real Loki in both forms. Measures streams, memory, and objects and bytes in the bucket.
 */
public final class LabelCost implements Drill {
    private static final int LINES_A_TRACE = 5;
    private static final int TRACES_A_PUSH = 100;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final int traces;

    /** @param traces at most 1,600, a multiple of 100: a trace has three streams, and Loki refuses more than 5,000 */
    public LabelCost(int traces) {
        this.traces = traces;
    }

    private record Cost(long streams, double heapMegabytes, long objects, long bytes) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%d streams, %.1f MB of heap more, %d chunks of %d KB in the bucket",
                    streams, heapMegabytes, objects, bytes / 1000);
        }
    }

    @Override
    public String run(Path folder, long seed) throws Exception {
        Stack.skipUnlessOnPath("loki");
        var metadata = measure(Files.createDirectory(folder.resolve("metadata")), seed, false);
        var label = measure(Files.createDirectory(folder.resolve("label")), seed, true);

        assertEquals(3, metadata.streams);
        assertEquals(3 * traces, label.streams);
        return traces + " traces, " + traces * LINES_A_TRACE + " lines. As structured metadata: " + metadata
                + ". As a label: " + label;
    }

    private Cost measure(Path folder, long seed, boolean asLabel) throws IOException {
        try (var loki = new RealLoki(folder, config -> !asLabel ? config
                : config.replace("[service, level, method]", "[service, level, method, trace_id]"))) {
            var random = new Random(seed);
            var start = Instant.now().minus(Duration.ofMinutes(2));
            double heapBefore = heap(loki);
            var last = "";
            for (int i = 0; i < traces; i += TRACES_A_PUSH) {
                var records = new ArrayList<String>();
                for (int j = 0; j < TRACES_A_PUSH; j++) {
                    last = "%016x%016x".formatted(random.nextLong(), random.nextLong());
                    for (int k = 0; k < LINES_A_TRACE; k++) {
                        records.add(record(last, k, start.plusMillis(20L * (i + j) + k), asLabel));
                    }
                }
                var response = loki.push(String.join(",", records));
                assertEquals(204, response.statusCode(), response.body());
            }
            long streams = (long) metric(loki, "loki_ingester_memory_streams");
            double heap = heap(loki) - heapBefore;
            var selector = asLabel ? "{trace_id=\"%s\"}" : "{service=\"api\"} | trace_id=\"%s\"";
            var found = loki.get("/loki/api/v1/query_range", "query", selector.formatted(last), "since", "10m").body();
            assertEquals(LINES_A_TRACE, Pattern.compile("a line of the trace").matcher(found).results().count(), found);
            assertEquals(204, loki.post("/flush").statusCode());
            Stack.await("the chunks are in the bucket", PATIENCE,
                    () -> metric(loki, "loki_ingester_chunks_flushed_total") >= streams);
            return new Cost(streams, heap / 1e6, chunks(folder).count(), chunks(folder).sum());
        }
    }

    private static String record(String trace, int n, Instant time, boolean asLabel) {
        String id = attribute("trace_id", trace);
        String labels = String.join(",", attribute("service", "api"), attribute("level", n == 0 ? "DEBUG" : "INFO"),
                attribute("method", n < 3 ? "GET" : "POST"));
        return """
                {"resource": {"attributes": [%s]}, "scopeLogs": [{"logRecords": [{"timeUnixNano": "%d%09d",
                "body": {"stringValue": "a line of the trace, %s"}, "attributes": [%s]}]}]}
                """.formatted(asLabel ? labels + "," + id : labels, time.getEpochSecond(), time.getNano(),
                "x".repeat(250), asLabel ? "" : id);
    }

    private static String attribute(String name, String value) {
        return "{\"key\": \"%s\", \"value\": {\"stringValue\": \"%s\"}}".formatted(name, value);
    }

    /** Bytes in use on Loki's heap after a collection. */
    private static double heap(RealLoki loki) throws IOException {
        assertEquals(200, loki.get("/debug/pprof/heap", "gc", "1", "debug", "1").statusCode());
        return metric(loki, "go_memstats_heap_alloc_bytes");
    }

    private static double metric(RealLoki loki, String name) throws IOException {
        return Pattern.compile("(?m)^" + name + "(?:\\{[^}]*})? (\\S+)$").matcher(loki.get("/metrics").body()).results()
                .mapToDouble(found -> Double.parseDouble(found.group(1))).sum();
    }

    /** The sizes of the chunks in the bucket, without the index. */
    private static LongStream chunks(Path folder) throws IOException {
        try (var files = Files.walk(folder.resolve("chunks/fake"))) {
            return LongStream.of(files.map(Path::toFile).filter(File::isFile).mapToLong(File::length).toArray());
        }
    }
}
