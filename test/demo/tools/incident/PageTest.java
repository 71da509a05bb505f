package demo.tools.incident;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PageTest {
    static Stream<Page> pages() throws IOException {
        return Page.all(Path.of("incidents")).stream();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void namesAMethodThatHasTheCodeOfItsStory(Page page) throws IOException {
        var cause = page.cause();

        var lines = Files.readAllLines(page.causeFile());
        assertTrue(lines.get(cause.firstLine() - 1).contains(" " + page.causeMethod() + "("), cause.toString());
        assertTrue(page.story().contains(lines.get(cause.line() - 1).strip()), cause.toString());
        assertTrue(cause.firstLine() < cause.line() && cause.line() < cause.lastLine(), cause.toString());
        assertTrue(page.story().contains("](../" + page.causeFile() + ")"), "the story links to its source");
    }

    @ParameterizedTest
    @MethodSource("pages")
    void hasHintsForBothSetupsAndNothingThatNamesTheCauseBeforeThem(Page page) throws IOException {
        var text = Files.readString(Path.of("incidents", page.name() + ".md"));

        assertTrue(page.hints().size() >= 3, page.name());
        assertTrue(text.contains("**Pocket**") && text.contains("**Grafana**"), page.name());
        assertTrue(text.contains("just incident " + page.name() + "\n"), page.name());
        var start = text.substring(0, text.indexOf("<details>")).toLowerCase(Locale.ROOT);
        for (var word : List.of(page.fault(), "lock", "leak", "storm", "exception", "replica", "retry", "pool",
                page.causeFile().getFileName().toString().toLowerCase(Locale.ROOT))) {
            assertFalse(start.contains(word), word + " in " + start);
        }
    }
}
