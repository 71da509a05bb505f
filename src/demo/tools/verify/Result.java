package demo.tools.verify;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;

import demo.tools.verify.Finding.State;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/**
 * What was found for an arrow, and its text for people.
 *
 * @param millis from the start of the checks to the finding
 */
record Result(Arrow arrow, Finding finding, long millis) {
    State state() {
        return finding.state();
    }

    /** One line; three more lines for a broken arrow. */
    String text(Deployment deployment) {
        boolean broken = state() == State.BROKEN;
        var line = String.format(Locale.ROOT, "%-7s %-19s  %-18s  %5.1f s  %s", broken ? "BROKEN" : word(state()),
                arrow.name(), arrow.ends(), millis / 1e3, broken ? "expected " + finding.expected()
                        : state() == State.FOLLOWS ? "from " + finding.text() : finding.text());
        return !broken ? line : line + "\n        found    " + finding.text()
                + "\n        look at  " + deployment.file(arrow.file()) + ": " + arrow.setting()
                + "\n        the log  " + deployment.log(arrow.log());
    }

    /** {@code 26 arrows: 19 ok, 1 broken, 6 skipped}. */
    static String summary(List<Result> results) {
        var counts = results.stream().collect(groupingBy(Result::state, TreeMap::new, counting()));
        return results.size() + " arrows: " + counts.entrySet().stream()
                .map(count -> count.getValue() + " " + word(count.getKey())).collect(joining(", "));
    }

    private static String word(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
