package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.code_intelligence.jazzer.Jazzer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs a fuzz target in a separate process. Jazzer mutates inputs that reach new branches. A target has a method
 * {@code fuzzerTestOneInput} and throws when a promise is broken; Jazzer then prints the input for a new test.
 */
record FuzzDrill(Class<?> target, int cases) implements Drill {
    private static final Pattern DONE = Pattern.compile("#(\\d+)\\s+DONE\\s+cov: (\\d+) .*corp: (\\d+)/");

    @Override
    public String run(Path folder, long seed) throws Exception {
        String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        assumeTrue(system.matches("Linux (amd64|aarch64)|Windows.*"), "Jazzer does not support " + system);
        Path output = folder.resolve("output.txt");
        var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m",
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", "build/test-classes:build/demo.jar:lib/*",
                // Allow what Jazzer needs from the JVM, so that the JVM prints no warnings.
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-XX:+EnableDynamicAgentLoading", "-Xshare:off", Jazzer.class.getName(),
                "--target_class=" + target.getName(),
                "--instrumentation_includes=demo.**:com.fasterxml.**",
                "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.ServerSideRequestForgery",
                "--reproducer_path=" + folder, "-runs=" + cases, "-seed=" + seed, "-artifact_prefix=" + folder + "/",
                "-print_final_stats=0", Files.createDirectory(folder.resolve("corpus")).toString())
                .redirectErrorStream(true).redirectOutput(output.toFile());
        int exit = builder.start().waitFor();

        List<String> lines = Files.readAllLines(output, StandardCharsets.ISO_8859_1);
        assertEquals(0, exit, () -> target.getSimpleName() + ": " + String.join("\n", lines));
        Matcher done = lines.stream().map(DONE::matcher).filter(Matcher::find).findFirst().orElseThrow();
        return "%s cases passed; %s branches reached by %s inputs".formatted(
                done.group(1), done.group(2), done.group(3));
    }
}
