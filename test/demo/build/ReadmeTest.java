package demo.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Facts that the documents repeat: settings, recipes, links. */
class ReadmeTest {
    @Test
    void settingsTableEqualsTheListOfSettings() throws IOException {
        var rows = documents().stream().map(ReadmeTest::text)
                .filter(text -> text.contains("| Name | Default | Meaning |")).findFirst().orElseThrow().lines()
                .dropWhile(line -> !line.equals("| Name | Default | Meaning |"))
                .skip(2).takeWhile(line -> line.startsWith("|")).toList();

        var settings = Arrays.stream(Setting.values()).map(setting -> "| `" + setting + "` | "
                + (setting.defaultValue().isEmpty() ? "—" : "`" + setting.defaultValue() + "`")
                + " | " + setting.meaning() + " |").toList();

        assertEquals(settings, rows);
    }

    @Test
    void namedRecipesExist() throws IOException {
        var recipes = Files.readAllLines(Path.of("justfile")).stream().filter(line -> line.matches("[a-z-]+( .*)?:.*"))
                .map(line -> line.split("[ :]")[0]).toList();
        var command = Pattern.compile("(?m)(?:^ *|`)(?:\\w+=\\S+ )*just ([a-z][a-z-]*)");
        var unknown = new TreeSet<String>();
        for (Path document : documents()) {
            command.matcher(text(document)).results().map(match -> match.group(1))
                    .filter(recipe -> !recipes.contains(recipe)).forEach(recipe -> unknown.add(document + ": just " + recipe));
        }
        assertEquals(new TreeSet<String>(), unknown);
    }

    @Test
    void linkedFilesExist() throws IOException {
        var broken = new TreeSet<String>();
        for (Path document : documents()) {
            Pattern.compile("\\]\\((?!https?:|#|mailto:)([^)#]+)").matcher(text(document)).results()
                    .map(link -> link.group(1)).filter(link -> !Files.exists(document.resolveSibling(link)))
                    .forEach(link -> broken.add(document + " links to " + link));
        }
        assertEquals(new TreeSet<String>(), broken);
    }

    /** The Markdown files of the root, docs/ and incidents/. */
    private static List<Path> documents() throws IOException {
        var all = new TreeSet<Path>();
        for (Path folder : List.of(Path.of("."), Path.of("docs"), Path.of("incidents"))) {
            try (var files = Files.isDirectory(folder) ? Files.list(folder) : Stream.<Path>empty()) {
                files.map(Path::normalize).filter(file -> file.toString().endsWith(".md")).forEach(all::add);
            }
        }
        assertTrue(all.contains(Path.of("README.md")));
        return List.copyOf(all);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
