package demo.bench;

import demo.bench.Results.Column;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Compares the log with Log4j 2, Logback, tinylog and the machine's limit:
 * {@code ./build.sh bench logs [ROUNDS [LINES [NAME…]]]}. With 0 rounds only the kills run.
 *
 * <p>Every round runs each pipeline once, in a separate process, one after the other, so that other load on the
 * machine affects all alike. CPU-seconds include the compression of the last rotated file. "limit-write" writes lines
 * that are ready, one write(2) each: the upper bound for a log that writes before it returns.
 *
 * <p>You should see: this log ahead of every peer in every column, and no returned line missing after {@code kill -9},
 * where the asynchronous peers lose thousands.
 */
final class LogsBench {
    private static final List<String> ALL = List.of("ours", "log4j-async", "log4j-sync", "logback-async",
            "logback-sync", "tinylog", "limit-write");
    private static final List<String> THREADS = List.of("platform 1", "platform 8", "platform 64", "virtual 64");

    private LogsBench() {
    }

    static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
        String lines = args.length > 1 ? args[1] : "1000000";
        List<String> names = args.length > 2 ? Arrays.asList(args).subList(2, args.length) : ALL;
        if (rounds > 0) {
            measure("gzip", rounds, lines, names)
                    .chart("logs", "Log throughput with gzip, thousands of lines/s", 0, 1, 2, 3);
            measure("plain", rounds, lines, names);
        }
        kill(names);
    }

    /** Thousands of lines/s for each kind of threads, then CPU-seconds per million lines for each. */
    private static Results measure(String gzip, int rounds, String lines, List<String> names)
            throws IOException, InterruptedException {
        var columns = new Column[2 * THREADS.size()];
        for (int i = 0; i < THREADS.size(); i++) {
            columns[i] = new Column(THREADS.get(i), "%.0fk");
            columns[i + THREADS.size()] = new Column("CPU-s per million, " + THREADS.get(i), "%.1f");
        }
        var results = new Results(lines + " lines of about 300 B a run, rotation at 10 MB", gzip, columns);
        for (int round = 0; round < rounds; round++) {
            for (String name : names) {
                double[] row = new double[columns.length];
                for (int i = 0; i < THREADS.size(); i++) {
                    double[] run = run(name, gzip, THREADS.get(i), lines);
                    row[i] = run[0] / 1e3;
                    row[i + THREADS.size()] = run[1];
                }
                results.add(name, row);
            }
        }
        results.print();
        return results;
    }

    /** Lines/s and CPU-seconds per million lines. */
    private static double[] run(String name, String gzip, String threads, String lines)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory(Path.of("build"), "bench-logs");
        try {
            Path logs = Files.createDirectory(folder.resolve("logs"));
            String[] kind = threads.split(" ");
            return Child.run(LogsChild.class, name, logs.toAbsolutePath().toString(), gzip, kind[0], kind[1], lines);
        } finally {
            Child.delete(folder);
        }
    }

    private static void kill(List<String> names) throws IOException, InterruptedException {
        System.out.println("| kill -9 after 300,000 lines | returned lines that are missing |\n|---|---|");
        for (String name : names) {
            if (name.startsWith("limit")) {
                continue;
            }
            Path folder = Files.createTempDirectory(Path.of("build"), "bench-kill");
            try {
                long missing = KilledPipeline.missingLines(name, folder.toAbsolutePath());
                System.out.println("| " + name + " | " + missing + " |");
            } finally {
                Child.delete(folder);
            }
        }
    }
}
