package demo.bench;

import demo.bench.Results.Column;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The log beside what people use and beside what the machine can do at most, as Markdown: {@code ./build.sh bench logs
 * [ROUNDS [LINES [NAME…]]]}; with 0 rounds only what a kill loses.
 *
 * <p>Each figure is the median of the rounds, with the least and the most; every round runs each pipeline once, in a
 * process of its own, one after the other, so that what else the machine does falls on all alike. With gzip the
 * CPU-seconds go on until the last rotated file is compressed, and "sustained" is lines/s until then; the limits compress
 * as ours does, so "limit-write" is what one write a line leaves room for.
 *
 * <p>You should see: ours ahead of every peer, near or (virtual threads) above the limit of one write a line, and no
 * promised line lost, where the async ones lose thousands.
 */
final class LogsBench {
    private static final List<String> ALL = List.of("ours", "log4j-async", "log4j-sync", "logback-async",
            "logback-sync", "tinylog", "limit-write", "limit-64k");
    private static final List<String> THREADS = List.of("platform 1", "platform 8", "platform 64", "virtual 64");

    /** The most that was measured before and after the runs. */
    private static final Column PROCESSORS = new Column("ns between processors", "%.0f");

    private LogsBench() {
    }

    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
        String lines = args.length > 1 ? args[1] : "1000000";
        List<String> names = args.length > 2 ? Arrays.asList(args).subList(2, args.length) : ALL;
        if (rounds > 0) {
            figures(rounds, lines, names);
            threads("gzip", rounds, lines, names);
            threads("plain", rounds, lines, names);
        }
        kills(names);
    }

    /** All figures with gzip, for eight threads. */
    private static void figures(int rounds, String lines, List<String> names) throws IOException, InterruptedException {
        var results = new Results(lines + " lines of about 300 B a run, rotation at 10 MB", "gzip, platform 8",
                new Column("lines/s", "%.0fk"), new Column("sustained", "%.0fk"),
                new Column("CPU-s per million", "%.2f"), new Column("B a line", "%.1f"), PROCESSORS);
        for (int round = 0; round < rounds; round++) {
            for (String name : names) {
                double apart = Processors.nanosApart();
                double[] run = run(name, "gzip", "platform 8", lines);
                results.add(name, run[0] / 1e3, run[3] / 1e3, run[1], run[2], Math.max(apart, Processors.nanosApart()));
            }
        }
        results.print();
    }

    /** Lines/s for each kind of threads. */
    private static void threads(String gzip, int rounds, String lines, List<String> names)
            throws IOException, InterruptedException {
        var results = new Results(lines + " lines a run", gzip + ", lines/s",
                Stream.concat(THREADS.stream().map(kind -> new Column(kind, "%.0fk")), Stream.of(PROCESSORS))
                        .toArray(Column[]::new));
        for (int round = 0; round < rounds; round++) {
            for (String name : names) {
                double[] row = new double[THREADS.size() + 1];
                double apart = Processors.nanosApart();
                for (int i = 0; i < THREADS.size(); i++) {
                    row[i] = run(name, gzip, THREADS.get(i), lines)[0] / 1e3;
                    apart = Math.max(apart, Processors.nanosApart());
                }
                row[THREADS.size()] = apart;
                results.add(name, row);
            }
        }
        results.print();
    }

    /** lines/s, CPU-seconds per million, bytes a line, sustained lines/s. */
    private static double[] run(String name, String gzip, String threads, String lines)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory(Path.of("build"), "bench-logs");
        try {
            Path logs = Files.createDirectory(folder.resolve("logs"));
            String[] kind = threads.split(" ");
            String line = Child.run(LogsChild.class, name, logs.toAbsolutePath().toString(), gzip, kind[0], kind[1],
                    lines);
            return Arrays.stream(line.split(" ")).mapToDouble(Double::parseDouble).toArray();
        } finally {
            Child.delete(folder);
        }
    }

    private static void kills(List<String> names) throws IOException, InterruptedException {
        System.out.println("| kill -9 after 300,000 lines | lines promised and not in the files |\n|---|---|");
        for (String name : names) {
            if (name.startsWith("limit")) {
                continue;
            }
            Path folder = Files.createTempDirectory(Path.of("build"), "bench-kill");
            try {
                System.out.println("| " + name + " | " + KilledPipeline.lostLines(name, folder.toAbsolutePath()) + " |");
            } finally {
                Child.delete(folder);
            }
        }
    }
}
