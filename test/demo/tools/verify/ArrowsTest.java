package demo.tools.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The list of arrows agrees with the project's files and with the documentation. */
class ArrowsTest {
    @Test
    void documentedTableEqualsTheListOfArrows() throws IOException {
        var rows = Files.readAllLines(Path.of("docs/verify.md")).stream()
                .dropWhile(line -> !line.equals("| Arrow | Check | File and setting | What you see when it is wrong |"))
                .skip(2).takeWhile(line -> line.startsWith("|"))
                .map(line -> line.replaceFirst("\\| [^|]+ \\|$", "|")).toList();

        assertEquals(arrows().stream().map(ArrowsTest::row).toList(), rows);
    }

    @Test
    void everyNamedSettingExistsInItsFile() throws IOException {
        var natively = new Deployment(Deployment.Kind.NATIVE, Map.of(), Map.of(), null);
        for (var arrow : arrows()) {
            for (var setting : arrow.setting().split(", | \\(and |\\)")) {
                var parts = setting.split(" in "); // the second part: another file
                var file = parts.length == 2 ? parts[1] : arrow.file();
                assertHas(arrow, file, parts[0]);
                assertHas(arrow, natively.file(file), parts[0]);
            }
        }
    }

    /** Comments do not count. */
    private static void assertHas(Arrow arrow, String file, String setting) throws IOException {
        var text = Files.readString(Path.of(file)).replaceAll("(?m)^\\s*(#|//|\\*|/\\*).*", "");
        assertTrue(Pattern.compile("(?<![\\w.-])" + Pattern.quote(setting) + "(?![\\w-])").matcher(text).find(),
                arrow.name() + ": " + file + " has no " + setting);
    }

    /** The last column, the symptom, is only in the documentation. */
    private static String row(Arrow arrow) {
        return "| " + arrow.ends() + " | `" + arrow.name() + "` | [" + arrow.file() + "](../" + arrow.file() + "): "
                + arrow.setting() + " |";
    }

    private static List<Arrow> arrows() throws IOException {
        return Arrows.of(Deployment.of(Settings.from(Map.of())));
    }
}
