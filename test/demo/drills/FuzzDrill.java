package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.code_intelligence.jazzer.Jazzer;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
        ProcessBuilder builder = java("-Xmx512m",
                // Allow what Jazzer needs from the JVM, so that the JVM prints no warnings.
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-XX:+EnableDynamicAgentLoading", "-Xshare:off", Jazzer.class.getName(),
                "--target_class=" + target.getName(),
                "--instrumentation_includes=demo.**:com.fasterxml.**",
                "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.ServerSideRequestForgery",
                "--reproducer_path=" + folder, "-runs=" + cases, "-seed=" + seed,
                "-artifact_prefix=" + folder + File.separator, "-print_final_stats=0",
                Files.createDirectory(folder.resolve("corpus")).toString()).redirectOutput(output.toFile());
        // For a target that starts a program with ports and a log.
        builder.environment().putAll(Map.of("POCKET_PORT", freePort(), "POCKET_OTLP_PORT", freePort(),
                "HTTP_PORT", freePort(), "LOG_FILE", folder.resolve("app.log").toString()));
        int exit = builder.start().waitFor();

        List<String> lines = Files.readAllLines(output, StandardCharsets.ISO_8859_1);
        assertEquals(0, exit, () -> target.getSimpleName() + ": " + String.join("\n", lines.stream().dropWhile(
                line -> !line.startsWith("== ")).toList()));
        Matcher done = lines.stream().map(DONE::matcher).filter(Matcher::find).findFirst().orElseThrow(
                () -> new AssertionError("Jazzer did not end normally: " + String.join("\n", lines)));
        assertTrue(Integer.parseInt(done.group(1)) >= cases, done.group());
        return "%s cases passed; %s branches reached by %s inputs".formatted(
                done.group(1), done.group(2), done.group(3));
    }

    private static String freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return Integer.toString(socket.getLocalPort());
        }
    }

    /** A JVM with the class path of this process. The test runner uses its own class loader. */
    static ProcessBuilder java(String... arguments) throws URISyntaxException {
        List<String> paths = new ArrayList<>(List.of(System.getProperty("java.class.path")));
        if (FuzzDrill.class.getClassLoader() instanceof URLClassLoader loader) {
            for (URL url : loader.getURLs()) {
                paths.add(Path.of(url.toURI()).toString());
            }
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", String.join(File.pathSeparator, paths)));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true);
    }
}
