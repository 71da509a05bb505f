package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;

/** Each break overrides a configuration that the stack reads, and can be undone. */
final class BreakTest {
    private static final Pattern ROW = Pattern.compile("(?m)^  just break (\\S+) +(.+) \\((\\S+)\\)$");

    @TempDir
    Path data;

    /** The rows that {@code just break} lists: name, the change, the arrow that verify reports. */
    static List<String[]> rows() throws Exception {
        return ROW.matcher(Stack.run(0, List.of("infra/break.sh"))).results()
                .map(row -> new String[] {row.group(1), row.group(2), row.group(3)}).toList();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void changesAServiceConfigurationAndCanBeUndone(String name) throws Exception {
        var output = run(0, "echo applied", name);

        String applied = output.lines().findFirst().orElseThrow();
        for (String service : applied.replace("applied ", "").split(" ")) {
            String unit = List.of("api", "alloy").contains(service) ? "api" : "obs";
            Map<?, ?> original = Stack.services().get(unit + "/" + service);
            Map<?, ?> over = Stack.map(new Yaml().load(Stack.text(data.resolve("break/" + unit + ".yml"))),
                    "services." + service);
            for (Object volume : Stack.list(over, "volumes")) {
                assertReplaces(volume.toString(), Stack.list(original, "volumes"));
            }
            if (over.get("environment") instanceof Map<?, ?> environment) {
                environment.forEach((variable, value) ->
                        assertNotEquals(Stack.at(original, "environment." + variable), value));
            }
            var variable = Stack.text(data.resolve("break/" + service + ".env"))
                    .replaceFirst("(?s)export (\\w+)=.*", "$1");
            assertTrue(Stack.text(Path.of("infra/native/native.sh")).contains(variable), variable);
        }
        assertEquals(applied + "\nMended.\n", run(0, "echo applied", "--mend"));
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
        assertEquals("break: nothing is broken\n", run(1, "true", "--mend"));
        assertTrue(run(1, "true", "everything").startsWith("break: found no break 'everything'"));
        run(0, "true", "log-path");

        assertEquals("break: the stack is already broken: just mend first\n", run(1, "true", "otlp-port"));
    }

    @Test
    void restoresTheStackWhenTheServicesDoNotRestart() throws Exception {
        assertEquals("break: nothing was broken: the services did not restart\n", run(1, "false", "log-path"));

        assertFalse(Files.exists(data.resolve("break")));
    }

    /** A changed copy of a file of the repository, at the place where the container reads the original. */
    private void assertReplaces(String volume, List<?> mounted) {
        String[] part = volume.split(":");
        Path copy = Path.of(part[0]);
        assertNotEquals(Stack.text(data.resolve("break").relativize(copy)), Stack.text(copy), volume);
        assertTrue(mounted.stream().map(one -> one.toString().split(":")[1])
                .anyMatch(target -> part[1].equals(target) || part[1].startsWith(target + "/")),
                volume + " replaces no mount of " + mounted);
    }

    private String run(int code, String apply, String argument) throws Exception {
        return Stack.run(code, Map.of("STACK_DATA", data.toString(), "BREAK_APPLY", apply),
                List.of("infra/break.sh", argument));
    }
}
