package demo.tools.verify;

import demo.json.Json;
import demo.tools.verify.Finding.State;
import demo.tools.verify.Verification.Result;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Prints results: a line per arrow for people, one JSON document for machines. */
final class Report {
    /** The JSON document; {@code expected} is empty unless the arrow is broken. */
    private record Document(String trace_id, boolean ok, List<Row> arrows) {}

    private record Row(String name, String from, String to, String state, long millis, String found, String expected,
            String file, String setting, String log) {}

    private final Deployment deployment;

    Report(Deployment deployment) {
        this.deployment = deployment;
    }

    void line(Result result, PrintStream out) {
        var arrow = result.arrow();
        var finding = result.finding();
        boolean broken = finding.is(State.BROKEN);
        out.printf(Locale.ROOT, "%-7s %-19s  %-18s  %5.1f s  %s%n", broken ? "BROKEN" : word(finding.state()),
                arrow.name(), arrow.ends(), result.millis() / 1e3, broken ? "expected " + finding.expected()
                        : finding.is(State.FOLLOWS) ? "from " + finding.text() : finding.text());
        if (broken) {
            out.println("        found    " + finding.text());
            out.println("        look at  " + deployment.file(arrow.file()) + ": " + arrow.setting());
            out.println("        the log  " + deployment.log(arrow.log()));
        }
        out.flush();
    }

    /** {@code 27 arrows: 20 ok, 1 broken, 6 follows}, then what was not checked, by reason. */
    static String end(List<Result> results) {
        Map<String, List<String>> skipped = new TreeMap<>();
        Map<State, Integer> counts = new EnumMap<>(Map.of(State.OK, 0, State.BROKEN, 0));
        for (var result : results) {
            var finding = result.finding();
            counts.merge(finding.state(), 1, Integer::sum);
            if (finding.is(State.SKIPPED)) {
                skipped.computeIfAbsent(finding.text(), _ -> new ArrayList<>()).add(result.arrow().name());
            }
        }
        var text = new StringBuilder(results.size() + " arrows: " + counts.entrySet().stream()
                .map(count -> count.getValue() + " " + word(count.getKey())).collect(Collectors.joining(", ")));
        skipped.forEach((reason, names) ->
                text.append("\nnot checked: " + String.join(", ", names) + " (" + reason + ")"));
        return text.toString();
    }

    String json(Order order, List<Result> results) {
        boolean ok = results.stream().noneMatch(result -> result.finding().is(State.BROKEN));
        var rows = results.stream().map(result -> {
            var arrow = result.arrow();
            var finding = result.finding();
            return new Row(arrow.name(), arrow.from(), arrow.to(), word(finding.state()), result.millis(),
                    finding.text(), finding.expected(), deployment.file(arrow.file()), arrow.setting(),
                    deployment.log(arrow.log()));
        }).toList();
        return new String(Json.write(new Document(order.traceId(), ok, rows)), StandardCharsets.UTF_8);
    }

    private static String word(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
