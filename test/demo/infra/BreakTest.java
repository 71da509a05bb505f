package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;

/** Each break overrides configuration that the stack reads, changes no file of the repository, and can be undone. */
final class BreakTest {
    private static final Pattern ROW = Pattern.compile("(?m)^  just break (\\S+) +(.+) \\((\\S+)\\)$");

    @TempDir
    Path data;

    /** The rows that {@code just break} lists: name, the change, the arrow that verify reports. */
    static List<String[]> rows() throws IOException, InterruptedException {
        return ROW.matcher(run(0, Path.of("/nonexistent"), "true")).results()
                .map(row -> new String[] {row.group(1), row.group(2), row.group(3)}).toList();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void changesAServiceConfigurationButNoFileOfTheRepository(String name) throws Exception {
        var before = configurations();

        var output = run(0, data, "echo applied", name);

        var services = List.of(output.lines().findFirst().orElseThrow().replace("applied ", "").split(" "));
        for (String service : services) {
            String unit = List.of("api", "alloy").contains(service) ? "api" : "obs";
            Map<?, ?> original = Stack.services().get(unit + "/" + service);
            Map<?, ?> over = Stack.map(new Yaml().load(Stack.text(data.resolve("break/" + unit + ".yml"))),
                    "services", service);
            for (Object volume : Stack.list(over, "volumes")) {
                assertReplaces(volume.toString(), Stack.list(original, "volumes"));
            }
            if (over.get("environment") instanceof Map<?, ?> environment) {
                environment.forEach((variable, value) ->
                        assertNotEquals(Stack.at(original, "environment", variable.toString()), value));
            }
            var variable = Stack.text(data.resolve("break/" + service + ".env"))
                    .replaceFirst("(?s)export (\\w+)=.*", "$1");
            assertTrue(Stack.text(Path.of("infra/native/native.sh")).contains(variable), variable);
        }
        assertEquals(before, configurations(), "a file of the repository has changed");
        assertEquals(output.lines().findFirst().orElseThrow() + "\nMended.\n", run(0, data, "echo applied", "--mend"));
        assertFalse(Files.exists(data.resolve("break")));
    }

    @Test
    void documentedTableEqualsTheList() throws Exception {
        var expected = rows().stream()
                .map(row -> "| `just break " + row[0] + "` | " + row[1] + " | `" + row[2] + "` |").toList();

        assertEquals(expected, Stack.text(Path.of("docs/verify.md")).lines()
                .filter(line -> line.startsWith("| `just break ")).toList());
    }

    @Test
    void refusesASecondBreakAnUnknownNameAndAMendWithoutABreak() throws Exception {
        assertEquals("break: nothing is broken\n", run(1, data, "true", "--mend"));
        assertTrue(run(2, data, "true", "everything").startsWith("break: expected one of exemplars-off "));
        run(0, data, "true", "log-path");

        assertEquals("break: log-path is already broken: just mend first\n", run(1, data, "true", "otlp-port"));
    }

    @Test
    void restoresTheStackWhenTheServicesDoNotRestart() throws Exception {
        assertEquals("break: nothing was broken: the services did not restart\n", run(1, data, "false", "log-path"));

        assertFalse(Files.exists(data.resolve("break")));
    }

    private void assertReplaces(String volume, List<?> mounted) {
        String[] part = volume.split(":");
        assertTrue(part[0].startsWith(data.toString()) && Files.exists(Path.of(part[0])), volume);
        assertTrue(mounted.stream().map(one -> one.toString().split(":")[1])
                .anyMatch(target -> part[1].equals(target) || part[1].startsWith(target + "/")),
                volume + " replaces no mount of " + mounted);
    }

    private static Map<String, String> configurations() {
        var all = new TreeMap<String, String>();
        Stack.files("").stream().filter(Files::isRegularFile)
                .forEach(file -> all.put(file.toString(), Stack.text(file)));
        return all;
    }

    private static String run(int code, Path data, String apply, String... arguments)
            throws IOException, InterruptedException {
        return Stack.run(code, Map.of("STACK_DATA", data.toString(), "BREAK_APPLY", apply),
                Stream.concat(Stream.of("infra/break.sh"), Stream.of(arguments)).toList());
    }
}
