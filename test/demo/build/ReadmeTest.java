package demo.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the README says of the code is so. */
class ReadmeTest {
    private static final Path README = Path.of("README.md");

    /** Commands, and what runs them: a file that says so in these words. */
    private record Ran(String commands, String file, String words) {}

    private static final List<Ran> RAN = List.of(
            new Ran("(FAULTS=on )?java Main\\.java", ".ci/quick-start", "\nFAULTS=on java Main.java "),
            new Ran("(curl|tail|grep|just incident).*|.*just traffic", ".ci/quick-start", "'^(curl|tail|grep|just incident|.*just traffic)'"),
            new Ran("\\./build\\.sh sbom", "test/demo/build/SupplyChainTest.java", "Sbom.write("),
            new Ran("\\./build\\.sh test", ".ci/run", "\n./build.sh test"),
            new Ran("just (break.*|mend)", "test/demo/infra/BreakTest.java", "\"infra/break.sh\""),
            new Ran("just verify", "test/demo/tools/verify/VerifyTest.java", "Verify.run("),
            new Ran("promtool test rules .*", "test/demo/infra/RulesTest.java", "\"promtool\", \"test\", \"rules\""),
            new Ran("\\./build\\.sh drills label-cost", "test/demo/infra/LabelCostTest.java", "new LabelCost("),
            new Ran("OTEL_EXPORTER_.*", "test/demo/api/Service.java", "\"OTEL_EXPORTER_OTLP_PROTOCOL\", \"http/protobuf\""));

    /** What can't be run where the tests run, and why. */
    private static final Map<String, String> NOT_RUN = Map.of(
            "(osv-scanner|trivy) .*", "asks a database of known holes that is not reached; SupplyChainTest judges what they are given",
            "nix develop", "the cache with its packages is not reached; OwnJudgesTest has nix parse flake.nix",
            "(FAULTS=on )?just (up|logs .*|logs|down|clean|status)|docker compose .*", "needs Docker and its images; ComposeTest and OwnJudgesTest judge the files",
            "just (up-native|down-native)", "needs the services' programs and their ports; the drill `breaks` runs both",
            "\\./build\\.sh (bench|drills).*|bench .*", "takes minutes of a machine of its own; the tests have most drills in short");

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
    void everyCommandIsRunSomewhereOrSaidWhyNot() throws IOException {
        var commands = commands();
        assertTrue(commands.size() > 20, commands.toString());
        for (var command : commands) {
            var by = RAN.stream().filter(ran -> command.matches(ran.commands)).findFirst();
            if (by.isPresent()) {
                assertTrue(Files.readString(Path.of(by.get().file)).contains(by.get().words), command + " is not run by " + by.get().file);
            } else {
                assertTrue(NOT_RUN.keySet().stream().anyMatch(command::matches), "nobody runs " + command);
            }
        }
    }

    @Test
    void everyRecipeThatIsNamedIsThere() throws IOException {
        var recipes = Files.readAllLines(Path.of("justfile")).stream().filter(line -> line.matches("[a-z-]+( .*)?:.*"))
                .map(line -> line.split("[ :]")[0]).toList();
        for (var command : commands()) {
            if (command.matches("(\\w+=\\S+ )*just \\w.*")) {
                assertTrue(recipes.contains(command.replaceFirst("(\\w+=\\S+ )*just ", "").split(" ")[0]), command + " is none of " + recipes);
            }
        }
    }

    /** As "Take this into your project" says. */
    @Test
    void theLogNeedsTheJdkAndNothingElse() throws IOException {
        try (var files = Files.list(Path.of("src/demo/log"))) {
            for (Path file : files.toList()) {
                assertEquals(List.of(), Files.readAllLines(file).stream()
                        .filter(line -> line.matches("import (static )?(?!java\\.|demo\\.log\\.).*")).toList(), file.toString());
            }
        }
    }

    /** Those of the code blocks, and those within the text. */
    private static List<String> commands() throws IOException {
        var readme = Files.readString(README);
        var commands = new ArrayList<String>();
        Pattern.compile("(?ms)^ *```bash\\n(.*?)^ *```").matcher(readme).results().flatMap(block -> block.group(1).lines())
                .map(line -> line.replaceFirst(" +# .*", "").strip()).filter(line -> !line.isEmpty()).forEach(commands::add);
        Pattern.compile("`((?:\\w+=\\S+ )*(?:just|\\./build\\.sh|java|docker|promtool|nix) [^`]+)`").matcher(readme).results()
                .map(inline -> inline.group(1)).forEach(commands::add);
        return commands;
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
