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
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** build.sh and Main.java in a new project folder with a space and an umlaut in its name. */
class BuildTest {
    private static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();
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

        var first = run(project, "bash", "build.sh", "deps", "run");
        Files.delete(repository.resolve(JAR));
        var second = run(project, "bash", "build.sh", "deps", "run");

        assertEquals(new Run(0, "build: fetching 1 jars\n"), first);
        assertEquals(new Run(0, ""), second);
        assertEquals("the jar", Files.readString(project.resolve("lib/tool-1.0.jar")));
    }

    @Test
    void refusesJarWithAnotherSha256() throws Exception {
        lock("tool", "another jar");

        var run = run(project, "bash", "build.sh", "deps", "run");

        assertEquals(1, run.exit());
        assertTrue(run.output().contains("tool-1.0.jar: its SHA-256 is " + sha256("the jar")
                + ", dependencies.lock expects " + sha256("another jar")), run.output());
        assertEquals(List.of(), files(project.resolve("lib")));
    }

    @Test
    void fetchesJarAgainThatWasChangedOnDisk() throws Exception {
        lock("tool", "the jar");
        run(project, "bash", "build.sh", "deps", "run");
        Files.writeString(project.resolve("lib/tool-1.0.jar"), "tampered");

        var run = run(project, "bash", "build.sh", "deps", "run");

        assertEquals(0, run.exit());
        assertTrue(run.output().contains("lib/tool-1.0.jar differs from dependencies.lock"), run.output());
        assertEquals("the jar", Files.readString(project.resolve("lib/tool-1.0.jar")));
    }

    @Test
    void namesTheJarThatCannotBeFetched() throws Exception {
        lock("tool", "the jar");
        Files.delete(repository.resolve(JAR));

        var run = run(project, "bash", "build.sh", "deps", "run");

        assertEquals(1, run.exit());
        assertTrue(run.output().contains("could not fetch " + repository.toUri() + JAR), run.output());
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../tool", "..", "a/b", "a\"b", "a b", "tool\r"})
    void refusesLockWithArtifactThatIsNoName(String artifact) throws Exception {
        lock(artifact, "the jar");

        var run = run(project, "bash", "build.sh", "deps", "run");

        assertEquals(1, run.exit());
        assertTrue(run.output().startsWith("build: refused dependencies.lock: expected "), run.output());
        assertFalse(Files.exists(project.resolve("lib")));
    }

    @Test
    void refusesUnknownBenchmarkBeforeFetching() throws Exception {
        var run = run(Path.of(""), "bash", "build.sh", "bench", "nonsense");

        assertEquals(2, run.exit());
        assertTrue(run.output().startsWith("build: bench: expected one of: logs"), run.output());
    }

    @Test
    void refusesUnknownArgumentsBeforeAnythingIsDone() throws Exception {
        lock("tool", "the jar");
        Files.createDirectories(project.resolve("build"));
        Files.createDirectories(project.resolve("test"));

        var clean = run(project, "bash", "build.sh", "clean", "--help");

        assertEquals(2, clean.exit());
        assertTrue(clean.output().startsWith("build: clean: unexpected argument '--help'\nBuilds, "), clean.output());
        assertTrue(Files.exists(project.resolve("build")));
        assertEquals(new Run(2, "build: deps: expected one of: run, was 'tests'\n"),
                run(project, "bash", "build.sh", "deps", "tests"));
        assertEquals(new Run(2, "build: test: unknown test class 'NoSuchTest'\n"),
                run(project, "bash", "build.sh", "test", "NoSuchTest"));
    }

    @Test
    void mainPrintsUsageAndRefusesUnknownOptions() throws Exception {
        var help = run(project, JAVA, "Main.java", "--help");
        var unknown = run(project, JAVA, "Main.java", "--no-trafic");

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
        Files.writeString(other.resolve("Main.java"), "class Main {}");
        Files.writeString(project.resolve("build.sh"), "echo \"ours: $*\"; exit 7");
        Path link = Files.createSymbolicLink(folder.resolve("link"), project);
        Files.createSymbolicLink(other.resolve("Linked.java"), project.resolve("Main.java"));
        var ours = new Run(7, "ours: run launch --no-pocket --no-traffic\n");

        for (String main : List.of("../my prøject/Main.java", link + "/Main.java", "Linked.java")) {
            assertEquals(ours, run(other, JAVA, main, "--no-pocket", "--no-traffic"), main);
        }
        assertEquals(new Run(7, "ours: run launch\n"), run(project, JAVA, "-cp", other.toString(), "Main.java"));
        Files.delete(project.resolve("build.sh"));
        var without = run(other, JAVA, "../my prøject/Main.java");
        assertEquals(1, without.exit());
        assertTrue(without.output().startsWith("Main.java: found no build.sh beside it"), without.output());
    }

    @Test
    void mainReportsMissingBashInOneSentence() throws Exception {
        var builder = new ProcessBuilder(JAVA, "Main.java").directory(project.toFile());
        builder.environment().put("PATH", folder.toString());

        assertEquals(new Run(1, "Main.java: needs bash, found none on the PATH (on Windows, use WSL)\n"), run(builder));
    }

    @Test
    void findsJdkWithoutHome() throws Exception {
        var builder = new ProcessBuilder("bash", "build.sh", "jdk").directory(project.toFile());
        builder.environment().remove("HOME");
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));

        assertEquals(new Run(0, System.getProperty("java.home") + "\n"), run(builder));
    }

    @Test
    void mainCompilesForJava11() throws Exception {
        var run = run(project, Path.of(System.getProperty("java.home"), "bin", "javac").toString(),
                "--release", "11", "-Xlint:-options", "-d", folder.toString(), "Main.java");

        assertEquals(new Run(0, ""), run);
    }

    private void lock(String artifact, String jar) throws Exception {
        Files.writeString(project.resolve("dependencies.lock"),
                "# a tool\n\nrun org.example:" + artifact + ":1.0 " + sha256(jar) + "\n");
    }

    private Run run(Path directory, String... command) throws Exception {
        return run(new ProcessBuilder(command).directory(directory.toAbsolutePath().toFile()));
    }

    private Run run(ProcessBuilder builder) throws Exception {
        builder.environment().putAll(Map.of("MAVEN_REPOSITORY", repository.toUri().toString().replaceAll("/$", "")));
        var process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), output);
    }

    private static List<Path> files(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.toList();
        }
    }

    private static String sha256(String text) throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(hash);
    }
}
