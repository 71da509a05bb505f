package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What {@code just break} lays over the stack fits the stack, changes no file of it, and is gone after {@code just mend}. */
final class BreakTest {
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `just break ([\\w-]+)` \\| (.+?) \\| `([\\w-]+)` \\|$");
    private static final Path OVERLAY = Path.of("build/break-test");

    static Stream<String> names() throws IOException, InterruptedException {
        return run(0).lines().filter(line -> line.startsWith("  just break ")).map(line -> line.strip().split(" +")[2]);
    }

    @AfterEach
    void clean() throws IOException {
        if (Files.exists(OVERLAY)) {
            try (var files = Files.walk(OVERLAY)) {
                files.sorted((a, b) -> b.compareTo(a)).forEach(file -> file.toFile().delete());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void layOverFitsTheStackAndIsGoneAfterwards(String name) throws Exception {
        var before = configurations();

        var told = run(0, name);

        var services = List.of(told.lines().findFirst().orElseThrow().replace("applied ", "").split(" "));
        assertFalse(services.isEmpty());
        for (String service : services) {
            String unit = List.of("api", "alloy").contains(service) ? "api" : "obs";
            Map<?, ?> there = Stack.services().get(unit + "/" + service);
            Map<?, ?> laid = Stack.map(yaml(OVERLAY.resolve(unit + ".yml")), "services", service);
            Stack.list(laid, "volumes").forEach(volume -> assertReplaces(volume.toString(), Stack.list(there, "volumes")));
            if (laid.get("environment") instanceof Map<?, ?> environment) {
                environment.forEach((variable, value) ->
                        assertTrue(!Stack.at(there, "environment", variable.toString()).equals(value), variable + " is as before"));
            }
            var section = Files.readString(OVERLAY.resolve(service + ".conf"));
            assertTrue(section.startsWith("[program:" + service + "]\n"), section);
            assertTrue(section.contains("environment=") || section.contains(OVERLAY.toString()), section);
            assertTrue(Stack.text(Path.of("infra/native/supervisord.conf")).contains("[program:" + service + "]"), service);
        }
        assertEquals(before, configurations(), "a file of the repository has changed");

        assertEquals(told.lines().findFirst().orElseThrow() + "\nMended.\n", run(0, "--mend"));
        assertFalse(Files.exists(OVERLAY));
    }

    @Test
    void theReadmesTableIsTheList() throws Exception {
        var table = ROW.matcher(Stack.text(Path.of("docs/verify.md"))).results()
                .map(row -> String.format("  just break %-18s %s", row.group(1), row.group(2))).toList();

        assertEquals(table, run(0).lines().skip(1).toList());
    }

    @Test
    void oneThingAtATimeAndNothingToMendIsSaid() throws Exception {
        assertEquals("break: nothing is broken\n", run(1, "--mend"));
        assertTrue(run(2, "everything").startsWith("break: expected one of exemplars-off "));
        run(0, "log-path");

        assertEquals("break: log-path is broken already; just mend first\n", run(1, "otlp-port"));
        run(0, "--mend");
    }

    @Test
    void whereTheServicesTakeNothingNothingStaysBroken() throws Exception {
        assertEquals("break: nothing was broken\n", run(1, Map.of("BREAK_APPLY", "false"), "log-path"));

        assertFalse(Files.exists(OVERLAY));
    }

    /** {@code ../changed:/etc/x:ro} or a file in a folder that is mounted there takes the place of one that is mounted. */
    private static void assertReplaces(String volume, List<?> mounted) {
        String[] part = volume.split(":");
        assertTrue(Files.exists(Stack.INFRA.resolve(part[0])), volume);
        assertEquals("ro", part[2]);
        assertTrue(mounted.stream().map(one -> one.toString().split(":")[1])
                .anyMatch(target -> part[1].equals(target) || part[1].startsWith(target + "/")), volume + " replaces none of " + mounted);
    }

    private static Map<?, ?> yaml(Path file) {
        return new Yaml(new SafeConstructor(new LoaderOptions())).load(Stack.text(file));
    }

    private static Map<String, String> configurations() throws IOException {
        var all = new TreeMap<String, String>();
        try (var files = Files.walk(Stack.INFRA)) {
            files.filter(Files::isRegularFile).forEach(file -> all.put(file.toString(), Stack.text(file)));
        }
        return all;
    }

    private static String run(int code, String... arguments) throws IOException, InterruptedException {
        return run(code, Map.of(), arguments);
    }

    private static String run(int code, Map<String, String> environment, String... arguments) throws IOException, InterruptedException {
        Path said = Files.createTempFile("break", ".txt");
        try {
            var builder = new ProcessBuilder("infra/break.sh").redirectErrorStream(true).redirectOutput(said.toFile());
            builder.command().addAll(List.of(arguments));
            builder.environment().putAll(Map.of("BREAK_DIR", OVERLAY.toString(), "BREAK_APPLY", "echo applied"));
            builder.environment().putAll(environment);
            Process script = builder.start();
            assertTrue(script.waitFor(30, TimeUnit.SECONDS), "break.sh did not end");
            assertEquals(code, script.exitValue(), () -> Stack.text(said));
            return Files.readString(said);
        } finally {
            Files.delete(said);
        }
    }
}
