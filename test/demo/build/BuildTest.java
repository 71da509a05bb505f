package demo.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** build.sh and Main.java from outside, as a newcomer meets them. */
class BuildTest {
    record Run(int exit, String output) {
    }

    @TempDir
    Path folder;

    private Path repository;

    @BeforeEach
    void aProjectWithOneJar() throws Exception {
        repository = folder.resolve("repository");
        Files.copy(Path.of("build.sh"), folder.resolve("build.sh"));
        Files.createDirectories(repository.resolve("org/example/tool/1.0"));
        Files.writeString(repository.resolve("org/example/tool/1.0/tool-1.0.jar"), "the jar");
    }

    @Test
    void takesAJarThatMatchesItsSha256AndWorksOfflineFromThenOn() throws Exception {
        lock(sha256("the jar"));

        var first = build("deps", "run");
        Files.delete(repository.resolve("org/example/tool/1.0/tool-1.0.jar"));
        var second = build("deps", "run");

        assertEquals(new Run(0, "build: fetching 1 of 1: tool-1.0.jar\n"), first);
        assertEquals(new Run(0, ""), second);
        assertEquals("the jar", Files.readString(folder.resolve("lib/tool-1.0.jar")));
    }

    @Test
    void refusesAndRemovesAJarThatDoesNotMatch() throws Exception {
        lock(sha256("another jar"));

        var run = build("deps", "run");

        assertEquals(1, run.exit());
        assertTrue(run.output().contains("refused tool-1.0.jar: its SHA-256 is " + sha256("the jar")
                + ", dependencies.lock expects " + sha256("another jar")), run.output());
        try (var left = Files.list(folder.resolve("lib"))) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void fetchesAgainAJarThatWasChangedOnDisk() throws Exception {
        lock(sha256("the jar"));
        build("deps", "run");
        Files.writeString(folder.resolve("lib/tool-1.0.jar"), "tampered");

        var run = build("deps", "run");

        assertEquals(0, run.exit());
        assertTrue(run.output().contains("removed, fetching it again"), run.output());
        assertEquals("the jar", Files.readString(folder.resolve("lib/tool-1.0.jar")));
    }

    @Test
    void saysWhatIsMissingWhenTheRepositoryIsOutOfReach() throws Exception {
        lock(sha256("the jar"));
        Files.delete(repository.resolve("org/example/tool/1.0/tool-1.0.jar"));

        var run = build("deps", "run");

        assertEquals(1, run.exit());
        assertTrue(run.output().contains("could not fetch"), run.output());
        assertFalse(Files.exists(folder.resolve("lib/tool-1.0.jar")));
    }

    @Test
    void everyLockedJarHasACoordinateAndASha256AndNoneIsThereTwice() throws Exception {
        var jars = Files.readAllLines(Path.of("dependencies.lock")).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#")).toList();

        for (String jar : jars) {
            assertTrue(jar.matches("(agent|extension|run|pocket|test|browser|bench) [\\w.-]+:[\\w.-]+:[\\w.-]+ [0-9a-f]{64}"), jar);
        }
        assertEquals(jars.size(), jars.stream().distinct().count());
    }

    @Test
    void mainSaysHowItIsUsedAndRefusesWhatItDoesNotKnow() throws Exception {
        var help = run(Path.of("").toAbsolutePath(), java(), "Main.java", "--help");
        var unknown = run(Path.of("").toAbsolutePath(), java(), "Main.java", "--no-trafic");

        assertEquals(0, help.exit());
        assertTrue(help.output().startsWith("usage: java Main.java [--no-pocket] [--no-traffic] [--help]"), help.output());
        assertEquals(2, unknown.exit());
        assertTrue(unknown.output().startsWith("unknown option --no-trafic\n"), unknown.output());
    }

    @Test
    void mainStartsNothingWhereItsPortAnswersAlready() throws Exception {
        var other = com.sun.net.httpserver.HttpServer.create(new java.net.InetSocketAddress("127.0.0.1", 0), 0);
        other.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        other.start();
        try {
            var builder = new ProcessBuilder(java(), "Main.java", "--no-pocket", "--no-traffic").redirectErrorStream(true);
            builder.environment().put("HTTP_PORT", "" + other.getAddress().getPort());
            var process = builder.start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertEquals(1, process.waitFor());
            assertEquals("Main.java: port " + other.getAddress().getPort() + " answers already; see who has it with `lsof -i :"
                    + other.getAddress().getPort() + "`, or set HTTP_PORT to another\n", output);
        } finally {
            other.stop(0);
        }
    }

    @Test
    void mainRefusesAPortThatItCouldNotKnow() throws Exception {
        var builder = new ProcessBuilder(java(), "Main.java").redirectErrorStream(true);
        builder.environment().put("HTTP_PORT", "0");
        var process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertEquals(2, process.waitFor());
        assertEquals("Main.java: HTTP_PORT must be a port of its own here, not 0 (any free one): Pocket and the traffic "
                + "have to know it\n", output);
    }

    @Test
    void mainIsWrittenForTheCompilerOfJava11() throws Exception {
        var run = run(Path.of("").toAbsolutePath(), Path.of(System.getProperty("java.home"), "bin", "javac").toString(),
                "--release", "11", "-Xlint:-options", "-d", folder.toString(), "Main.java");

        assertEquals(new Run(0, ""), run);
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private void lock(String sha256) throws Exception {
        Files.writeString(folder.resolve("dependencies.lock"), "# a tool\nrun org.example:tool:1.0 " + sha256 + "\n");
    }

    private Run build(String... verb) throws Exception {
        var command = new java.util.ArrayList<>(List.of("bash", "build.sh"));
        command.addAll(List.of(verb));
        return run(folder, command.toArray(String[]::new));
    }

    private Run run(Path where, String... command) throws Exception {
        var builder = new ProcessBuilder(command).directory(where.toFile()).redirectErrorStream(true);
        builder.environment().putAll(Map.of("MAVEN_REPOSITORY", repository.toUri().toString().replaceAll("/$", "")));
        var process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), output);
    }

    private static String sha256(String text) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    }
}
