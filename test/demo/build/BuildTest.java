package demo.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** build.sh and Main.java in a new project folder with a space and an umlaut in its name. */
@Order(1)
class BuildTest {
    private static final Path BIN = Path.of(System.getProperty("java.home"), "bin");
    private static final String JAR = "org/example/tool/1.0/tool-1.0.jar";

    private record Run(int exit, String output) {}

    @TempDir
    Path folder;

    private Path project;
    private Path repository;

    @BeforeEach
    void createProjectAndRepositoryWithOneJar() throws IOException {
        project = Files.createDirectory(folder.resolve("my prøject"));
        repository = folder.resolve("repository");
        Files.createDirectories(repository.resolve(JAR).getParent());
        Files.writeString(repository.resolve(JAR), "the jar");
        Files.copy(Path.of("build.sh"), project.resolve("build.sh"));
        Files.copy(Path.of("Main.java"), project.resolve("Main.java"));
    }

    @Test
    void fetchesJarOnceAndWorksOfflineLater() throws Exception {
        lock("tool", "the jar");

        var first = build("deps", "run");
        Files.delete(repository.resolve(JAR));
        var second = build("deps", "run");

        assertEquals(new Run(0, "build: fetching 1 jars\n"), first);
        assertEquals(new Run(0, ""), second);
        assertEquals("the jar", Files.readString(project.resolve("lib/tool-1.0.jar")));
    }

    @Test
    void checksTheSha256OfEachJarAtEveryBuild() throws Exception {
        lock("tool", "the jar");
        build("deps", "run");
        Files.writeString(project.resolve("lib/tool-1.0.jar"), "tampered");

        var again = build("deps", "run");

        assertEquals(new Run(0, "build: lib/tool-1.0.jar differs from dependencies.lock: fetching it again\n"
                + "build: fetching 1 jars\n"), again);
        assertEquals("the jar", Files.readString(project.resolve("lib/tool-1.0.jar")));

        lock("tool", "another jar");
        var refused = build("deps", "run");

        assertEquals(1, refused.exit());
        assertTrue(refused.output().contains("tool-1.0.jar: its SHA-256 is " + sha256("the jar")
                + ", dependencies.lock expects " + sha256("another jar")), refused.output());
        assertFalse(Files.exists(project.resolve("lib/tool-1.0.jar")));
    }

    @Test
    void namesTheJarThatCannotBeFetched() throws Exception {
        lock("tool", "the jar");
        Files.delete(repository.resolve(JAR));

        var run = build("deps", "run");

        assertEquals(1, run.exit());
        assertTrue(run.output().contains("could not fetch " + repository.toUri() + JAR), run.output());
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../tool", "..", "a/b", "a\"b", "a b", "tool\r"})
    void refusesLockWithArtifactThatIsNoName(String artifact) throws Exception {
        lock(artifact, "the jar");

        var run = build("deps", "run");

        assertEquals(1, run.exit());
        assertTrue(run.output().startsWith("build: refused dependencies.lock: expected "), run.output());
        assertFalse(Files.exists(project.resolve("lib")));
    }

    @Test
    void refusesUnknownArgumentsBeforeAnythingIsDone() throws Exception {
        Files.createDirectories(project.resolve("build"));

        var clean = build("clean", "--help");
        var bench = run(Path.of(""), "bash", "build.sh", "bench", "nonsense");

        assertEquals(2, clean.exit());
        assertTrue(clean.output().startsWith("build: clean: unexpected argument '--help'\nBuilds, "), clean.output());
        assertTrue(Files.exists(project.resolve("build")));
        assertEquals(2, bench.exit());
        assertTrue(bench.output().startsWith("build: bench: expected one of: logs"), bench.output());
    }

    @Test
    void findsJdkWithoutHome() throws Exception {
        var builder = new ProcessBuilder("bash", "build.sh", "jdk").directory(project.toFile());
        builder.environment().remove("HOME");
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));

        assertEquals(new Run(0, System.getProperty("java.home") + "\n"), run(builder));
    }

    @Test
    void mainPrintsUsageAndRefusesUnknownOptions() throws Exception {
        var help = run(main(project, "Main.java", "--help"));
        var unknown = run(main(project, "Main.java", "--no-trafic"));

        assertEquals(0, help.exit());
        assertTrue(help.output().startsWith("usage: java Main.java [--no-pocket] [--no-traffic] [--help]"),
                help.output());
        assertEquals(2, unknown.exit());
        assertTrue(unknown.output().startsWith("unknown option --no-trafic\n"), unknown.output());
    }

    @Test
    void mainRunsOnlyTheBuildScriptBesideIt() throws Exception {
        Path other = Files.createDirectory(folder.resolve("other"));
        Files.writeString(other.resolve("build.sh"), "echo foreign");
        Files.writeString(project.resolve("build.sh"), "echo \"ours: $*\"; exit 7");
        Files.createSymbolicLink(other.resolve("Linked.java"), project.resolve("Main.java"));

        assertEquals(new Run(7, "ours: run launch --no-pocket --no-traffic\n"),
                run(main(other, "../my prøject/Main.java", "--no-pocket", "--no-traffic")));
        assertEquals(new Run(7, "ours: run launch\n"), run(main(other, "Linked.java")));
    }

    @Test
    void mainReportsMissingBashInOneSentence() throws Exception {
        var builder = main(project, "Main.java");
        builder.environment().put("PATH", folder.toString());

        assertEquals(new Run(1, "Main.java: needs bash, found none on the PATH (on Windows, use WSL)\n"), run(builder));
    }

    @Test
    void mainCompilesForJava11() throws Exception {
        var run = run(project, BIN + "/javac", "-J-XX:TieredStopAtLevel=1", "--release", "11", "-Xlint:-options",
                "-d", folder.toString(), "Main.java");

        assertEquals(new Run(0, ""), run);
    }

    private static ProcessBuilder main(Path directory, String source, String... options) {
        var builder = new ProcessBuilder(BIN + "/java", "-XX:TieredStopAtLevel=1", source);
        builder.directory(directory.toFile());
        builder.command().addAll(List.of(options));
        return builder;
    }

    private Run build(String... arguments) throws Exception {
        var builder = new ProcessBuilder("bash", "build.sh").directory(project.toFile());
        builder.command().addAll(List.of(arguments));
        return run(builder);
    }

    private void lock(String artifact, String jar) throws Exception {
        Files.writeString(project.resolve("dependencies.lock"),
                "run org.example:" + artifact + ":1.0 " + sha256(jar) + "\n");
    }

    private Run run(Path directory, String... command) throws Exception {
        return run(new ProcessBuilder(command).directory(directory.toAbsolutePath().toFile()));
    }

    private Run run(ProcessBuilder builder) throws Exception {
        builder.environment().put("MAVEN_REPOSITORY", repository.toUri().toString().replaceAll("/$", ""));
        var process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), output);
    }

    private static String sha256(String text) throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(hash);
    }
}
