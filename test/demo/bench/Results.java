package demo.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Collects the figures of a benchmark. Each row of each round goes to stderr at once, so that an interrupted run still
 * shows its rounds. At the end a Markdown table goes to stdout: the median of the rounds, in brackets the minimum and
 * the maximum.
 */
final class Results {
    /** A figure that is unknown for a row. */
    static final double NONE = Double.NaN;

    /** @param format of one figure, as {@code String.format} takes it */
    record Column(String name, String format) {
        private String text(double figure) {
            return Double.isNaN(figure) ? "–" : String.format(Locale.ROOT, format, figure);
        }
    }

    /** Returns one figure for each column. */
    interface Measurement {
        double[] in(Path folder) throws Exception;
    }

    private final String subject;
    private final List<Column> columns;
    private final Map<String, List<double[]>> rows = new LinkedHashMap<>();

    /** @param heading what was measured; the date, the machine and the JVM are added */
    Results(String heading, String subject, Column... columns) {
        this.subject = subject;
        this.columns = List.of(columns);
        System.out.println(LocalDate.now(ZoneOffset.UTC) + ", " + Runtime.getRuntime().availableProcessors()
                + " cores, " + System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch") + ", Java " + Runtime.version() + "; " + heading + "\n");
    }

    /** Measures every row once a round, each time in a new folder: other load on the machine affects all rows alike. */
    void measure(int rounds, Map<String, Measurement> measurements) throws Exception {
        for (int round = 0; round < rounds; round++) {
            for (var row : measurements.entrySet()) {
                Path folder = Files.createTempDirectory(Path.of("build"), "bench").toAbsolutePath();
                try {
                    add(row.getKey(), row.getValue().in(folder));
                } finally {
                    delete(folder);
                }
            }
        }
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    void add(String row, double... figures) {
        List<double[]> runs = rows.computeIfAbsent(row, _ -> new ArrayList<>());
        runs.add(figures);
        var texts = new ArrayList<String>();
        for (int i = 0; i < figures.length; i++) {
            texts.add(columns.get(i).text(figures[i]) + " " + columns.get(i).name());
        }
        System.err.println("round " + runs.size() + ", " + row + ": " + String.join(", ", texts));
    }

    void print() {
        System.out.println("| " + subject + columns.stream().map(c -> " | " + c.name()).collect(Collectors.joining())
                + " |\n|" + "---|".repeat(columns.size() + 1));
        rows.forEach((row, runs) -> {
            var cells = new String[columns.size()];
            Arrays.setAll(cells, i -> cell(runs, i));
            System.out.println("| " + row + " | " + String.join(" | ", cells) + " |");
        });
        System.out.println();
    }

    private String cell(List<double[]> runs, int column) {
        double[] sorted = runs.stream().mapToDouble(run -> run[column]).sorted().toArray();
        int last = sorted.length - 1;
        String min = columns.get(column).text(sorted[0]);
        String max = columns.get(column).text(sorted[last]);
        String median = columns.get(column).text((sorted[last / 2] + sorted[sorted.length / 2]) / 2);
        return min.equals(max) ? min : median + " (" + min + "–" + max + ")";
    }
}
