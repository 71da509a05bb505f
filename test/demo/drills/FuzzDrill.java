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
 * Feeds a target class whatever could harm it, in a process of its own: Jazzer watches which branches each input reaches
 * and goes on from those that reached new ones. A target has a method {@code fuzzerTestOneInput} and throws when
 * something is wrong; Jazzer then prints the input, which belongs into a test.
 */
public final class FuzzDrill implements Drill {
    private static final Pattern DONE = Pattern.compile("#(\\d+)\\s+DONE\\s+cov: (\\d+) .*corp: (\\d+)/");

    private final Class<?> target;
    private final int cases;
    private final List<String> examples;

    /** @param examples inputs to begin with, for a target that takes bytes */
    FuzzDrill(Class<?> target, int cases, String... examples) {
        this.target = target;
        this.cases = cases;
        this.examples = List.of(examples);
    }

    @Override
    public String run(Path folder, long seed) throws Exception {
        String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        assumeTrue(system.matches("Linux (amd64|aarch64)|Windows.*"), "Jazzer has no native part for " + system);
        Path corpus = Files.createDirectories(folder.resolve("corpus"));
        for (int i = 0; i < examples.size(); i++) {
            Files.writeString(corpus.resolve("example-" + i), examples.get(i));
        }
        Path output = folder.resolve("output.txt");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m",
                // What Jazzer does to the JVM, so that it is not warned of.
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-XX:+EnableDynamicAgentLoading", "-Xshare:off",
                "-cp", classPath(), Jazzer.class.getName(),
                "--target_class=" + target.getName(),
                "--instrumentation_includes=demo.**:com.fasterxml.**", "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.ServerSideRequestForgery",
                "--reproducer_path=" + folder,
                "-runs=" + cases, "-seed=" + seed, "-artifact_prefix=" + folder + File.separator, "-print_final_stats=0",
                corpus.toString()));
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        // For a target that is a program with ports and a log of its own.
        builder.environment().putAll(Map.of("POCKET_PORT", freePort(), "POCKET_OTLP_PORT", freePort(),
                "HTTP_PORT", freePort(), "LOG_FILE", folder.resolve("app.log").toString()));
        int exit = builder.start().waitFor();

        List<String> said = Files.readAllLines(output, StandardCharsets.ISO_8859_1);
        assertEquals(0, exit, () -> target.getSimpleName() + ": " + String.join("\n", said.stream().dropWhile(
                line -> !line.startsWith("== ")).toList()));
        Matcher done = said.stream().map(DONE::matcher).filter(Matcher::find).findFirst().orElseThrow(
                () -> new AssertionError("no end: " + String.join("\n", said)));
        assertTrue(Integer.parseInt(done.group(1)) >= cases, done.group());
        return "%s cases, none of which broke a promise; %s branches reached by %s inputs".formatted(
                done.group(1), done.group(2), done.group(3));
    }

    private static String freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return Integer.toString(socket.getLocalPort());
        }
    }

    /** This one's; the test runner has a class loader of its own. */
    private static String classPath() throws URISyntaxException {
        List<String> paths = new ArrayList<>(List.of(System.getProperty("java.class.path")));
        if (FuzzDrill.class.getClassLoader() instanceof URLClassLoader loader) {
            for (URL url : loader.getURLs()) {
                paths.add(Path.of(url.toURI()).toString());
            }
        }
        return String.join(File.pathSeparator, paths);
    }
}
