package demo.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a measurement found. Each row of each round is printed on stderr as soon as it is known, so that a run cut short
 * has not been for nothing; the Markdown table comes at the end, on stdout: the median of the rounds, and beside it the
 * least and the most.
 */
final class Results {
    /** What is not known: no figure of that row. */
    static final double NONE = Double.NaN;

    /** @param format of one figure, as {@code String.format} knows it */
    record Column(String name, String format) {
        private String text(double figure) {
            return Double.isNaN(figure) ? "–" : String.format(Locale.ROOT, format, figure);
        }

        private String cell(List<double[]> runs, int column) {
            double[] sorted = runs.stream().mapToDouble(run -> run[column]).sorted().toArray();
            String least = text(sorted[0]);
            String most = text(sorted[sorted.length - 1]);
            return least.equals(most) ? least : text(Machine.median(runs, column)) + " (" + least + "–" + most + ")";
        }
    }

    private final String subject;
    private final List<Column> columns;
    private final Map<String, List<double[]>> rows = new LinkedHashMap<>();

    /** @param heading what was done, beside what machine and versions it was done on */
    Results(String heading, String subject, Column... columns) {
        this.subject = subject;
        this.columns = List.of(columns);
        System.out.println(Machine.describe() + "; " + heading + "\n");
        System.out.flush();
    }

    void add(String row, double... figures) {
        List<double[]> runs = rows.computeIfAbsent(row, r -> new ArrayList<>());
        runs.add(figures);
        var said = new ArrayList<String>();
        for (int i = 0; i < figures.length; i++) {
            said.add(columns.get(i).text(figures[i]) + " " + columns.get(i).name());
        }
        System.err.println("round " + runs.size() + ", " + row + ": " + String.join(", ", said));
    }

    void print() {
        System.out.println("| " + subject + columns.stream().map(c -> " | " + c.name()).collect(Collectors.joining())
                + " |\n|" + "---|".repeat(columns.size() + 1));
        rows.forEach((row, runs) -> {
            var cells = new String[columns.size()];
            Arrays.setAll(cells, i -> columns.get(i).cell(runs, i));
            System.out.println("| " + row + " | " + String.join(" | ", cells) + " |");
        });
        System.out.println();
    }
}
