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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** build.sh and Main.java in a new project folder with a space and an umlaut in its name. */
@Order(1)
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
        Files.createDirectories(project.resolve("src/demo/tools/launch"));
    }

    @Test
    void fetchesJarOnceAndWorksOfflineLater() throws Exception {
        lock("the jar");

        var first = deps();
        Files.delete(repository.resolve(JAR));
        var second = deps();

        assertEquals(new Run(0, "build: fetching 1 jars\n"), first);
        assertEquals(new Run(0, ""), second);
        assertEquals("the jar", Files.readString(project.resolve("lib/tool-1.0.jar")));
    }

    @Test
    void checksTheSha256OfEachJarAtEveryBuild() throws Exception {
        lock("the jar");
        deps();
        Files.writeString(project.resolve("lib/tool-1.0.jar"), "tampered");

        var again = deps();

        assertEquals(new Run(0, "build: fetching 1 jars\n"), again);
        assertEquals("the jar", Files.readString(project.resolve("lib/tool-1.0.jar")));

        lock("another jar");
        var refused = deps();

        assertEquals(1, refused.exit());
        assertTrue(refused.output().contains("tool-1.0.jar: its SHA-256 is " + sha256("the jar")
                + ", dependencies.lock expects " + sha256("another jar")), refused.output());
        assertFalse(Files.exists(project.resolve("lib/tool-1.0.jar")));
    }

    @Test
    void namesTheJarThatCannotBeFetched() throws Exception {
        lock("the jar");
        Files.delete(repository.resolve(JAR));

        var run = deps();

        assertEquals(1, run.exit());
        assertTrue(run.output().contains("could not fetch " + repository.toUri() + JAR), run.output());
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
    void mainRunsTheBuildScriptOfItsProjectOnly() throws Exception {
        Path other = Files.createDirectory(folder.resolve("other"));
        Files.writeString(other.resolve("build.sh"), "echo foreign");
        Files.writeString(project.resolve("build.sh"), "echo \"ours: $*\"; exit 7");

        assertEquals(new Run(7, "ours: run launch --no-pocket --no-traffic\n"),
                run(project, JAVA, "Main.java", "--no-pocket", "--no-traffic"));
        assertEquals(new Run(1, "Main.java: start it in the project's folder: cd FOLDER && java Main.java\n"),
                run(other, JAVA, "../my prøject/Main.java"));
    }

    @Test
    void mainReportsMissingBashInOneSentence() throws Exception {
        assertEquals(new Run(1, "Main.java: needs bash, found none on the PATH (on Windows, use WSL)\n"),
                run(project, "env", "PATH=" + folder, JAVA, "Main.java"));
    }

    @Test
    void mainCompilesForJava11() throws Exception {
        var run = run(project, JAVA + "c", "-J-XX:TieredStopAtLevel=1", "--release", "11", "-Xlint:-options",
                "-d", folder.toString(), "Main.java");

        assertEquals(new Run(0, ""), run);
    }

    private Run deps() throws Exception {
        return run(project, "bash", "build.sh", "deps", "run");
    }

    private void lock(String jar) throws Exception {
        Files.writeString(project.resolve("dependencies.lock"), "run org.example:tool:1.0 " + sha256(jar) + "\n");
    }

    private Run run(Path directory, String... command) throws Exception {
        var builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().put("MAVEN_REPOSITORY", repository.toUri().toString().replaceAll("/$", ""));
        var process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), output);
    }

    private static String sha256(String text) throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(hash);
    }
}
