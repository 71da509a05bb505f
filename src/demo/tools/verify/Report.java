package demo.tools.verify;

import demo.json.Json;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

/** Prints results: a line per arrow for people, one JSON document for machines. */
final class Report {
    private final Deployment deployment;
    private final String format;

    Report(Deployment deployment, List<Arrow> arrows) {
        this.deployment = deployment;
        format = "%-7s %-" + arrows.stream().mapToInt(arrow -> arrow.name().length()).max().orElse(1) + "s  %-"
                + arrows.stream().mapToInt(arrow -> arrow.ends().length()).max().orElse(1) + "s  %5.1f s  %s%n";
    }

    void line(Result result, PrintStream out) {
        var arrow = result.arrow();
        var finding = result.finding();
        boolean broken = finding.state() == Finding.State.BROKEN;
        out.printf(Locale.ROOT, format, broken ? "BROKEN" : word(finding), arrow.name(), arrow.ends(),
                result.took().toMillis() / 1e3, broken ? "expected " + finding.expected()
                        : finding.state() == Finding.State.FOLLOWS ? "from " + finding.text() : finding.text());
        if (broken) {
            out.println("        found    " + finding.text());
            out.println("        look at  " + deployment.file(arrow.file()) + ": " + arrow.setting());
            out.println("        the log  " + deployment.log(arrow.service()));
        }
        out.flush();
    }

    /** {@code 27 arrows: 20 ok, 1 broken, 6 follow}, then what was not checked, by reason. */
    static String end(List<Result> results) {
        Map<String, List<String>> skipped = new TreeMap<>();
        Map<Finding.State, Integer> counts = new EnumMap<>(Map.of(Finding.State.OK, 0, Finding.State.BROKEN, 0));
        for (var result : results) {
            counts.merge(result.finding().state(), 1, Integer::sum);
            if (result.is(Finding.State.SKIPPED)) {
                skipped.computeIfAbsent(result.finding().text(), _ -> new ArrayList<>()).add(result.arrow().name());
            }
        }
        var text = new StringJoiner(", ", results.size() + " arrows: ", "");
        counts.forEach((state, count) -> text.add(count + " " + state.name().toLowerCase(Locale.ROOT)));
        var lines = new StringBuilder(text.toString());
        skipped.forEach((reason, names) ->
                lines.append("\nnot checked: " + String.join(", ", names) + " (" + reason + ")"));
        return lines.toString();
    }

    String json(TracedOrder order, List<Result> results) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("trace_id", order.traceId());
        document.put("ok", results.stream().noneMatch(result -> result.is(Finding.State.BROKEN)));
        document.put("arrows", results.stream().map(this::fields).toList());
        return new String(Json.write(document), StandardCharsets.UTF_8);
    }

    private Map<String, Object> fields(Result result) {
        var arrow = result.arrow();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", arrow.name());
        fields.put("from", arrow.from());
        fields.put("to", arrow.to());
        fields.put("state", word(result.finding()));
        fields.put("millis", result.took().toMillis());
        fields.put("found", result.finding().text());
        if (result.is(Finding.State.BROKEN)) {
            fields.put("expected", result.finding().expected());
            fields.put("file", deployment.file(arrow.file()));
            fields.put("setting", arrow.setting());
            fields.put("log", deployment.log(arrow.service()));
        }
        return fields;
    }

    private static String word(Finding finding) {
        return finding.state().name().toLowerCase(Locale.ROOT);
    }
}
