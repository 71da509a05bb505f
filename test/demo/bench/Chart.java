package demo.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A horizontal bar chart as SVG: one group of bars for each row, one bar for each series. The colours follow the
 * reader's light or dark mode; the chart has its own background, so that it is readable on every page.
 */
final class Chart {
    private static final Path FOLDER = Path.of("docs/charts");
    private static final List<String> COLOURS = List.of("#2f6feb", "#d4761b", "#2da44e", "#8250df", "#768390");
    private static final int WIDTH = 860;
    private static final int LEFT = 290;
    private static final int RIGHT = 90;
    private static final int BAR = 14;
    private static final int GAP = 12;

    private final String title;
    private final List<String> series;
    private final Map<String, double[]> rows = new LinkedHashMap<>();

    Chart(String title, List<String> series) {
        this.title = title;
        this.series = series;
    }

    /** @param values one for each series; NaN leaves its bar out */
    void add(String row, double... values) {
        rows.put(row, values);
    }

    /** Writes {@code docs/charts/NAME.svg}. */
    void write(String name) throws IOException {
        Files.createDirectories(FOLDER);
        Files.writeString(FOLDER.resolve(name + ".svg"), svg());
    }

    String svg() {
        double max = rows.values().stream().flatMapToDouble(Arrays::stream).filter(v -> !Double.isNaN(v))
                .max().orElse(1);
        var body = new StringBuilder();
        int y = 40;
        if (series.size() > 1) {
            for (int s = 0; s < series.size(); s++) {
                int x = LEFT + s * 140;
                body.append(rectangle(s, x, y - 4, 12, 12)).append(text(x + 18, y + 6, "", series.get(s)));
            }
            y += 20;
        }
        for (var row : rows.entrySet()) {
            y += GAP;
            body.append(text(LEFT - 10, y + BAR * row.getValue().length / 2 + 4, " text-anchor=\"end\"", row.getKey()));
            for (int s = 0; s < row.getValue().length; s++) {
                double value = row.getValue()[s];
                if (!Double.isNaN(value)) {
                    int width = (int) Math.max(1, (WIDTH - LEFT - RIGHT) * value / max);
                    body.append(rectangle(s, LEFT, y, width, BAR - 2))
                            .append(text(LEFT + width + 6, y + BAR - 4, "", number(value)));
                }
                y += BAR;
            }
        }
        return """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" font-family="sans-serif" font-size="12">
                <title>%3$s</title>
                <style>.page{fill:#fff}text{fill:#1f2328}
                @media(prefers-color-scheme:dark){.page{fill:#0d1117}text{fill:#e6edf3}}</style>
                <rect class="page" width="%1$d" height="%2$d"/>
                <text x="10" y="22" font-size="14" font-weight="bold">%3$s</text>
                %4$s</svg>
                """.formatted(WIDTH, y + GAP, escaped(title), body);
    }

    private static String rectangle(int series, int x, int y, int width, int height) {
        return "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>%n"
                .formatted(x, y, width, height, COLOURS.get(series % COLOURS.size()));
    }

    private static String text(int x, int y, String attributes, String text) {
        return "<text x=\"%d\" y=\"%d\"%s>%s</text>%n".formatted(x, y, attributes, escaped(text));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("`", "");
    }
}
