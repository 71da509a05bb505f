package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each configuration file is accepted by the program that reads it. Skipped where that program is not on the PATH. */
final class RealParsersTest {
    @TempDir
    Path folder;

    @Test
    void lokiAcceptsItsConfiguration() throws Exception {
        accepts("loki", "-config.file=infra/loki/loki.yaml", "-config.expand-env=true", "-verify-config");
    }

    @Test
    void tempo3AcceptsItsConfiguration() throws Exception {
        assumeTrue(run("tempo", "-help").contains("-live-store"), "the tempo on the PATH is older than 3");

        accepts("tempo", "-config.file=infra/tempo/tempo.yaml", "-config.expand-env=true", "-config.verify=true");
    }

    @Test
    void prometheusAcceptsItsConfiguration() throws Exception {
        accepts("promtool", "check", "config", "infra/native/prometheus.yml");
    }

    @Test
    void alloyAcceptsItsConfiguration() throws Exception {
        accepts("alloy", "validate", "--stability.level=public-preview", "infra/alloy/config.alloy");
    }

    @Test
    void composeAcceptsBothUnits() throws Exception {
        String config = run("infra/stack.sh", "config");
        assumeTrue(!config.contains("found none; without containers"), "no Compose is on the PATH");
        assumeTrue(!config.contains("invalid choice: 'config'"), "this podman-compose has no config command");

        accepts("infra/stack.sh", "config");
    }

    @Test
    void justListsItsRecipesByGroup() throws Exception {
        String list = run("just", "--list", "--unsorted");

        for (String recipe : List.of("up", "logs", "down", "clean", "status", "traffic", "incident", "break", "mend", "verify", "quick", "test", "bench",
                "up-native", "down-native", "shell")) {
            assertTrue(list.matches("(?s).*\\n +" + recipe + " .*# .*"), recipe + " is missing or has no comment: " + list);
        }
        assertTrue(list.contains("[the full stack]"), list);
    }

    @Test
    void nixParsesTheFlake() throws Exception {
        accepts("nix-instantiate", "--parse", "flake.nix");
    }

    @Test
    void shellcheckAcceptsTheScripts() throws Exception {
        accepts("shellcheck", "infra/stack.sh", "infra/break.sh", "infra/native/native.sh", "test/demo/infra/exactly-once.sh");
    }

    private void accepts(String... command) throws Exception {
        Path output = Files.createTempFile(folder, "output", ".txt");

        assertEquals(0, start(output, command), () -> String.join(" ", command) + ": " + Stack.text(output));
    }

    private String run(String... command) throws Exception {
        Path output = Files.createTempFile(folder, "output", ".txt");
        start(output, command);
        return Files.readString(output);
    }

    private static int start(Path output, String... command) throws IOException, InterruptedException {
        assumeTrue(command[0].contains("/") || Stack.isOnPath(command[0]), command[0] + " is not on the PATH");
        Process process = new ProcessBuilder(new ArrayList<>(List.of(command))).redirectErrorStream(true)
                .redirectOutput(output.toFile()).start();
        try {
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), String.join(" ", command) + " did not end within 60 s");
        } finally {
            process.destroyForcibly();
        }
        return process.exitValue();
    }
}
