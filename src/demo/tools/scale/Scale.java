package demo.tools.scale;

import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Prints the table of docs/scale.md: what each component needs for a number of API replicas. Run it with
 * {@code java src/demo/tools/scale/Scale.java}. The inputs are the constants below; the page says which of them are
 * measured. The rules are those of the projects' own documents.
 */
public final class Scale {
    // One API replica with the mix of `just traffic`, measured.
    private static final double VISITS_PER_SECOND = 100;
    private static final double LINES_PER_VISIT = 1.63;
    private static final double BYTES_PER_LINE = 305;
    private static final double SPANS_PER_VISIT = 2.29;
    private static final double BYTES_PER_SPAN = 339;
    private static final double API_CPU_SECONDS_PER_VISIT = 0.0026;
    private static final double ALLOY_CPU_SECONDS_PER_LINE = 30e-6;
    private static final double API_SERIES = 281; // scraped every 5 s
    private static final double ALLOY_SERIES = 543; // every 15 s

    // Bytes in S3 for each byte or sample sent: Loki's three copies and Tempo measured, Mimir from Prometheus' pages.
    private static final double LOKI_STORED = 0.9;
    private static final double TEMPO_STORED = 0.46;
    private static final double BYTES_PER_SAMPLE = 1.5;
    private static final double KAFKA_BYTES_PER_SPAN = 143; // measured
    private static final double KAFKA_BYTES_PER_SAMPLE = 15; // assumed

    private static final double STREAMS = 6; // three levels, two methods
    private static final double CHUNK_BYTES = 64e6;
    private static final double DAY = 86_400;
    private static final double REPLICATION = 3;
    private static final double SPARE = 1.5;

    private static final List<Load> LOADS = List.of(new Load("1 replica", 1), new Load("10", 10), new Load("100", 100),
            new Load("1,000", 1_000), new Load("1M lines/s", 1e6 / (VISITS_PER_SECOND * LINES_PER_VISIT)));

    private Scale() { }

    public static void main(String[] args) {
        System.out.print(table());
    }

    static String table() {
        return String.join("\n", "| | " + LOADS.stream().map(Load::name).collect(joining(" | ")) + " |",
                "|---" + "|---:".repeat(LOADS.size()) + "|",
                row("API replicas", Load::replicas),
                row("visits/s", load -> load.replicas() * VISITS_PER_SECOND),
                row("log lines/s", Load::lines),
                row("log, MB/s", load -> load.logBytes() / 1e6),
                row("spans, MB/s", load -> load.spanBytes() / 1e6),
                row("active series", Load::series),
                row("samples/s", Load::samples),
                row("**API** CPU", load -> load.replicas() * VISITS_PER_SECOND * API_CPU_SECONDS_PER_VISIT),
                row("Alloy's CPU for logs", load -> load.lines() * ALLOY_CPU_SECONDS_PER_LINE),
                row("**Loki** distributors", load -> load.loki(4, 40, 2)),
                row("ingesters", load -> load.loki(6, 90, 3)),
                row("queriers", load -> load.loki(10, 100, 2)),
                row("CPU, all", load -> load.loki(38, 431, 5)),
                row("memory, GiB, all", load -> load.loki(59, 857, 10)),
                row("**Mimir** distributors", load -> Math.max(2, Math.ceil(load.samples() * SPARE / 25_000))),
                row("ingesters", Load::mimirIngesters),
                row("ingesters' CPU", load -> load.series() * REPLICATION * SPARE / 300_000),
                row("ingesters' memory, GB", load -> load.series() * REPLICATION * SPARE / 300_000 * 2.5),
                row("**Tempo** partitions, block-builders, live-stores", Load::partitions),
                row("distributors' CPU", load -> load.spanBytes() / 10e6 * 2),
                row("live-stores' CPU", load -> load.spanBytes() / 8e6),
                row("live-stores' memory, GB", load -> Math.max(load.partitions() * 4, load.spanBytes() / 8e6 * 12)),
                row("queriers", load -> Math.max(2, Math.ceil(load.spanBytes() / 1.5e6))),
                row("**Kafka** partitions, both topics", load -> load.partitions() + load.mimirIngesters()),
                row("disk for 24 h, GB, 3 copies", load -> load.kafkaBytes() * DAY * REPLICATION / 1e9),
                row("**S3** Loki, GB a day", load -> load.logBytes() * LOKI_STORED * DAY / 1e9),
                row("Tempo, GB a day", load -> load.spanBytes() * TEMPO_STORED * DAY / 1e9),
                row("Mimir, GB a day", load -> load.samples() * BYTES_PER_SAMPLE * DAY / 1e9),
                row("objects written a day", Load::objectsPerDay)) + "\n";
    }

    private record Load(String name, double replicas) {
        double lines() {
            return replicas * VISITS_PER_SECOND * LINES_PER_VISIT;
        }

        double logBytes() {
            return lines() * BYTES_PER_LINE;
        }

        double spanBytes() {
            return replicas * VISITS_PER_SECOND * SPANS_PER_VISIT * BYTES_PER_SPAN;
        }

        double series() {
            return replicas * (API_SERIES + ALLOY_SERIES);
        }

        double samples() {
            return replicas * (API_SERIES / 5 + ALLOY_SERIES / 15);
        }

        /** Loki's documents have two sizes: up to 3 and up to 30 TB a day. */
        double loki(double upTo3, double upTo30, double min) {
            double terabytes = logBytes() * DAY / 1e12;
            return Math.max(min, Math.ceil(terabytes <= 3 ? upTo3 * terabytes / 3 : upTo30 * terabytes / 30));
        }

        double mimirIngesters() {
            return Math.max(2, Math.ceil(series() * REPLICATION * SPARE / 1_500_000));
        }

        /** Tempo's rule: at most 10 MB/s in each partition. */
        double partitions() {
            return Math.max(3, Math.ceil(spanBytes() / 10e6));
        }

        double kafkaBytes() {
            double spans = replicas * VISITS_PER_SECOND * SPANS_PER_VISIT;
            return spans * KAFKA_BYTES_PER_SPAN + samples() * KAFKA_BYTES_PER_SAMPLE;
        }

        /**
         * Loki: a chunk of a stream when it is full, after two hours at the latest, from each of its three ingesters;
         * an index file of each ingester every 15 minutes. Tempo: a block of four objects from each partition every
         * 5 minutes. Mimir: a block of three objects from each ingester every two hours.
         */
        double objectsPerDay() {
            double bytes = logBytes() * LOKI_STORED / REPLICATION * DAY;
            double chunks = Math.max(STREAMS * DAY / 7_200, bytes / CHUNK_BYTES);
            return chunks * REPLICATION + loki(6, 90, 3) * DAY / 900 + partitions() * 4 * DAY / 300
                    + mimirIngesters() * 3 * DAY / 7_200;
        }
    }

    /** Two significant digits below ten, whole numbers above. */
    private static String row(String name, ToDoubleFunction<Load> cell) {
        return LOADS.stream().mapToDouble(cell).mapToObj(value -> {
            boolean whole = value >= 10 || value == Math.rint(value);
            return String.format(Locale.ROOT, whole ? "%,.0f" : value >= 1 ? "%.1f" : "%.2f", value);
        }).collect(joining(" | ", "| " + name + " | ", " |"));
    }
}
