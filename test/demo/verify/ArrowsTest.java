package demo.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the list of arrows says of the project's files is so, and what the README says of the arrows. */
class ArrowsTest {
    @Test
    void theReadmesTableIsTheListOfArrows() throws IOException {
        var rows = Files.readAllLines(Path.of("README.md")).stream()
                .dropWhile(line -> !line.equals("| Arrow | Check | File and setting | What you see when it is wrong |"))
                .skip(2).takeWhile(line -> line.startsWith("|")).toList();

        assertEquals(arrows().stream().map(ArrowsTest::row).toList(), rows);
    }

    @Test
    void everyNamedFileHasEveryNamedSetting() throws IOException {
        for (var arrow : arrows()) {
            var file = Files.readString(Path.of(arrow.file()));
            for (var setting : arrow.setting().replaceFirst(" \\(.*\\)", "").split(", ")) {
                assertTrue(file.contains(setting), arrow.name() + ": " + arrow.file() + " has no " + setting);
            }
        }
    }

    @Test
    void everyNameIsItsOwn() {
        var names = arrows().stream().map(Arrow::name).toList();

        assertEquals(names.size(), new HashSet<>(names).size());
    }

    private static String row(Arrow arrow) {
        return "| " + arrow.from() + " → " + arrow.to() + " | `" + arrow.name() + "` | [" + arrow.file() + "](" + arrow.file() + "): "
                + arrow.setting() + " | " + arrow.symptom() + " |";
    }

    private static List<Arrow> arrows() {
        try (var http = new Http()) {
            return new Arrows(http, Places.standard(8000, Path.of("var/logs/app.log")), InstantSource.system()).all();
        }
    }
}
