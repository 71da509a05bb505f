package demo.tools.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the list of arrows says of the project's files is so, and what the README says of the arrows. */
class ArrowsTest {
    /** A second file beside the arrow's own: (and setting in file). */
    private static final Pattern ALSO = Pattern.compile(" \\(and (\\S+) in ([^)]+)\\)");

    @Test
    void theReadmesTableIsTheListOfArrows() throws IOException {
        var rows = Files.readAllLines(Path.of("docs/verify.md")).stream()
                .dropWhile(line -> !line.equals("| Arrow | Check | File and setting | What you see when it is wrong |"))
                .skip(2).takeWhile(line -> line.startsWith("|")).toList();

        assertEquals(arrows().stream().map(ArrowsTest::row).toList(), rows);
    }

    @Test
    void everyNamedFileHasEveryNamedSetting() throws IOException {
        for (var arrow : arrows()) {
            var also = ALSO.matcher(arrow.setting());
            for (var setting : also.replaceAll("").split(", ")) {
                assertHas(arrow, arrow.file(), setting);
            }
            for (also.reset(); also.find();) {
                assertHas(arrow, also.group(2), also.group(1));
            }
        }
    }

    /** A comment that names a setting is none. */
    private static void assertHas(Arrow arrow, String file, String setting) throws IOException {
        var said = Files.readString(Path.of(file)).replaceAll("(?m)^\\s*(#|//|\\*|/\\*).*", "");
        assertTrue(Pattern.compile("(?<![\\w.-])" + Pattern.quote(setting) + "(?![\\w-])").matcher(said).find(),
                arrow.name() + ": " + file + " has no " + setting);
    }

    @Test
    void whatAnArrowNeedsStandsBeforeIt() {
        var before = new HashSet<String>();
        for (var arrow : arrows()) {
            assertTrue(before.containsAll(arrow.needs()), arrow.name() + " needs " + arrow.needs());
            before.add(arrow.name());
        }
    }

    @Test
    void everyNameIsItsOwn() {
        var names = arrows().stream().map(Arrow::name).toList();

        assertEquals(names.size(), new HashSet<>(names).size());
    }

    private static String row(Arrow arrow) {
        return "| " + arrow.from() + " → " + arrow.to() + " | `" + arrow.name() + "` | [" + arrow.file() + "](../" + arrow.file() + "): "
                + arrow.setting() + " | " + arrow.symptom() + " |";
    }

    private static List<Arrow> arrows() {
        try (var http = new Http()) {
            return new Arrows(http, Places.standard(8000, Path.of("var/logs/app.log")), InstantSource.system()).all();
        }
    }
}
