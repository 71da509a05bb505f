package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each configuration file is accepted by the program that reads it. Skipped where that program is not on the PATH. */
final class RealParsersTest {
    @ParameterizedTest
    @ValueSource(strings = {
            "loki -config.file=infra/loki/loki.yaml -config.expand-env=true -verify-config",
            "promtool check config infra/native/prometheus.yml",
            "alloy validate --stability.level=public-preview infra/alloy/config.alloy",
            "nix-instantiate --parse flake.nix"})
    void accepts(String command) throws Exception {
        run(0, command);
    }

    @Test
    void tempo3AcceptsItsConfiguration() throws Exception {
        assumeTrue(run(-1, "tempo -help").contains("-live-store"), "the tempo on the PATH is older than 3");

        run(0, "tempo -config.file=infra/tempo/tempo.yaml -config.expand-env=true -config.verify=true");
    }

    @Test
    void composeAcceptsBothUnits() throws Exception {
        String config = run(-1, "infra/stack.sh config");
        assumeFalse(config.contains("found none; without containers"), "no Compose is on the PATH");
        assumeFalse(config.contains("invalid choice: 'config'"), "this podman-compose has no config command");

        assertEquals(Stack.UNITS.size(), config.lines().filter("services:"::equals).count(), config);
    }

    @Test
    void justListsItsRecipesByGroup() throws Exception {
        String list = run(0, "just --list --unsorted");

        for (String recipe : List.of("up", "logs", "down", "clean", "status", "traffic", "incident", "break", "mend",
                "verify", "quick", "test", "bench", "up-native", "down-native", "shell")) {
            assertTrue(list.matches("(?s).*\\n +" + recipe + " .*# .*"), recipe + " has no comment: " + list);
        }
        assertTrue(list.contains("[the full stack]"), list);
    }

    private static String run(int code, String command) throws Exception {
        List<String> words = List.of(command.split(" "));
        String program = words.getFirst();
        assumeTrue(program.contains("/") || Stack.isOnPath(program), program + " is not on the PATH");
        return Stack.run(code, words);
    }
}
