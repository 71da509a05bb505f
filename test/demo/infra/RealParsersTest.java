package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each configuration file is accepted by the program that reads it. Skipped where that program is not on the PATH. */
final class RealParsersTest {
    private static final Path NPM = Path.of(".ci/npm").toAbsolutePath();

    /** The last row checks that each alert fires during its incident and ends after it. */
    @ParameterizedTest
    @ValueSource(strings = {
            "loki -config.file=infra/loki/loki.yaml -config.expand-env=true -verify-config",
            "tempo -config.file=infra/tempo/tempo.yaml -config.expand-env=true -config.verify=true",
            "promtool check config infra/native/prometheus.yml",
            "alloy validate --stability.level=public-preview infra/alloy/config.alloy",
            "docker compose -f infra/docker-compose.obs.yml config --quiet",
            "docker compose -f infra/docker-compose.api.yml config --quiet",
            "nix-instantiate --parse flake.nix",
            "just --list",
            "promtool test rules test/demo/infra/slo-test.yaml"})
    void accepts(String command) throws Exception {
        List<String> words = List.of(command.split(" "));
        assumeTrue(Stack.isOnPath(words.getFirst()), words.getFirst() + " is not on the PATH");
        assumeTrue(!command.startsWith("docker") || Stack.run(-1, List.of("docker", "compose", "version"))
                .contains("version v"), "docker has no compose");

        Stack.run(0, words);
    }

    /** The TypeScript compiler checks them against {@code .ci/npm/dashboard.ts}. A wrong copy proves the check. */
    @Test
    void everyDashboardMatchesGrafanasSchema(@TempDir Path folder) throws Exception {
        Path compiler = NPM.resolve("node_modules/typescript/bin/tsc");
        assumeTrue(Stack.isOnPath("node") && Files.exists(compiler), "needs node and: npm ci --prefix .ci/npm");
        var command = new ArrayList<>(List.of("node", compiler.toString(), "--noEmit",
                "--strict", "--skipLibCheck", "--pretty", "false", "--target", "es2022", "--lib", "es2022", "--module",
                "esnext", "--moduleResolution", "bundler"));
        for (Path dashboard : Stack.files(".json")) {
            command.add(typescript(folder.resolve(dashboard.getFileName() + ".ts"), Stack.text(dashboard)));
        }
        String service = Stack.text(Stack.INFRA.resolve("grafana/dashboards/service.json"));
        String wrong = typescript(folder.resolve("wrong.ts"), service.replace("\"fillOpacity\"", "\"fillOpacty\""));

        assertEquals("", Stack.run(0, command));
        command.add(wrong);
        assertTrue(Stack.run(2, command).contains("wrong.ts("));
    }

    private static String typescript(Path file, String dashboard) throws Exception {
        return Files.writeString(file, """
                import type { Provisioned } from '%s';
                export const dashboard: Provisioned = %s;
                """.formatted(NPM.resolve("dashboard"), dashboard)).toString();
    }
}
