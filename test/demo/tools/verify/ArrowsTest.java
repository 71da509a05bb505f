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
    /** A second file of an arrow: (and setting in file). */
    private static final Pattern ALSO = Pattern.compile(" \\(and (\\S+) in ([^)]+)\\)");

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
            var also = ALSO.matcher(arrow.setting());
            for (var setting : also.replaceAll("").split(", ")) {
                assertHas(arrow, arrow.file(), setting);
                assertHas(arrow, natively.file(arrow.file()), setting);
            }
            for (also.reset(); also.find();) {
                assertHas(arrow, also.group(2), also.group(1));
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
