package demo.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the README says of the code is so. */
class ReadmeTest {
    private static final Path README = Path.of("README.md");

    @Test
    void theSettingsTableIsTheListOfSettings() throws IOException {
        var rows = Files.readAllLines(README).stream().dropWhile(line -> !line.equals("| Name | Default | Meaning |"))
                .skip(2).takeWhile(line -> line.startsWith("|")).toList();

        var settings = Arrays.stream(Setting.values()).map(setting -> "| `" + setting + "` | "
                + (setting.defaultValue().isEmpty() ? "—" : "`" + setting.defaultValue() + "`")
                + " | " + setting.meaning() + " |").toList();

        assertEquals(settings, rows);
    }

    @Test
    void everyLinkToAFileLeadsToOne() throws IOException {
        var links = Pattern.compile("\\]\\((?!https?:|#)([^)#]+)").matcher(Files.readString(README)).results()
                .map(link -> link.group(1)).toList();

        assertTrue(links.size() > 10);
        for (String link : links) {
            assertTrue(Files.exists(Path.of(link)), "README.md links to " + link);
        }
    }
}
