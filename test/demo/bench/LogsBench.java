package demo.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The log beside what people use and beside what the machine can do at most, as Markdown: {@code ./build.sh bench logs
 * [ROUNDS [LINES [NAME…]]]}; with 0 rounds only what a kill loses.
 *
 * <p>Each figure is the median of the rounds, with the least and the most; every round runs each pipeline once, in a
 * process of its own, one after the other, so that what else the machine does falls on all alike. With gzip the
 * CPU-seconds go on until the last rotated file is compressed, and "sustained" is lines/s until then.
 *
 * <p>You should see: ours ahead of every peer, near or (virtual threads) above the limit of one write a line, and no
 * promised line lost, where the async ones lose thousands.
 */
final class LogsBench {
    private static final List<String> ALL = List.of("ours", "log4j-async", "log4j-sync", "logback-async",
            "logback-sync", "tinylog", "limit-write", "limit-64k");
    private static final List<String> THREADS = List.of("platform 1", "platform 8", "platform 64", "virtual 64");

    private LogsBench() {
    }

    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
        String lines = args.length > 1 ? args[1] : "1000000";
        List<String> names = args.length > 2 ? Arrays.asList(args).subList(2, args.length) : ALL;
        System.out.printf("%s lines of about 300 B a run, %d rounds, rotation at 10 MB, JDK %s, %d processors, %s%n%n",
                lines, rounds, Runtime.version(), Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name") + " " + System.getProperty("os.version"));
        if (rounds > 0) {
            table("gzip", List.of("platform 8"), rounds, lines, names, true);
            table("gzip", THREADS, rounds, lines, names, false);
            table("plain", THREADS, rounds, lines, names, false);
        }
        kills(names);
    }

    /** One row a pipeline; all its figures for one kind of threads, or lines/s for several. */
    private static void table(String gzip, List<String> threads, int rounds, String lines, List<String> names,
                              boolean allFigures) throws IOException, InterruptedException {
        Map<String, List<double[]>> runs = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (String kind : threads) {
                for (String name : names) {
                    runs.computeIfAbsent(name + " " + kind, k -> new ArrayList<>()).add(run(name, gzip, kind, lines));
                }
            }
        }
        System.out.println(allFigures
                ? "| " + gzip + ", " + threads.getFirst() + " | lines/s | sustained | CPU-s per million | B a line |\n"
                + "|---|---|---|---|---|"
                : "| " + gzip + ", lines/s | " + String.join(" | ", threads) + " |\n|---|" + "---|".repeat(
                        threads.size()));
        for (String name : names) {
            var row = new StringBuilder("| ").append(name);
            for (String kind : threads) {
                List<double[]> of = runs.get(name + " " + kind);
                row.append(" | ").append(thousands(of, 0));
                if (allFigures) {
                    row.append(" | ").append(thousands(of, 3)).append(String.format(" | %.2f | %.1f",
                            median(of, 1), median(of, 2)));
                }
            }
            System.out.println(row.append(" |"));
        }
        System.out.println();
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

    private static double median(List<double[]> runs, int figure) {
        double[] sorted = sorted(runs, figure);
        return sorted[sorted.length / 2];
    }

    private static double[] sorted(List<double[]> runs, int figure) {
        return runs.stream().mapToDouble(run -> run[figure]).sorted().toArray();
    }

    private static String thousands(List<double[]> runs, int figure) {
        double[] sorted = sorted(runs, figure);
        return String.format("%.0fk (%.0f–%.0f)", median(runs, figure) / 1e3, sorted[0] / 1e3,
                sorted[sorted.length - 1] / 1e3);
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
