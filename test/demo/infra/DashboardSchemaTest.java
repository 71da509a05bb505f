package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The dashboards match Grafana's published schema: the TypeScript compiler checks them against
 * {@code .ci/npm/dashboard.ts}. CI installs schema and compiler; without them this test is skipped.
 */
final class DashboardSchemaTest {
    private static final Path NPM = Path.of(".ci/npm").toAbsolutePath();
    private static final Path TSC = NPM.resolve("node_modules/typescript/bin/tsc");

    @TempDir
    Path folder;

    @BeforeAll
    static void assumeSchemaAndCompilerAreInstalled() {
        assumeTrue(Files.exists(TSC) && Files.isDirectory(NPM.resolve("node_modules/@grafana/schema")),
                "needs @grafana/schema and typescript: npm ci --prefix .ci/npm");
    }

    @Test
    void everyDashboardIsValid() throws Exception {
        var sources = new ArrayList<Path>();
        for (Path dashboard : Stack.files(".json")) {
            sources.add(source(dashboard.getFileName().toString(), Files.readString(dashboard)));
        }
        assertEquals(3, sources.size());

        assertEquals("", compilerErrors(sources));
    }

    @Test
    void reportsUnknownFieldsAndValuesOfAPanel() throws Exception {
        var service = Files.readString(Stack.INFRA.resolve("grafana/dashboards/service.json"));

        for (String[] change : new String[][] {{"\"fillOpacity\"", "\"fillOpacty\""}, {"\"placement\": \"bottom\"", "\"placement\": \"botom\""},
                {"\"type\": \"heatmap\"", "\"type\": \"heat\""}, {"\"w\": 8", "\"w\": \"8\""}}) {
            assertTrue(service.contains(change[0]), change[0]);
            source(change[0].replaceAll("\\W", ""), service.replace(change[0], change[1]));
        }
        List<Path> all;
        try (var files = Files.list(folder)) {
            all = files.filter(file -> file.toString().endsWith(".ts")).toList();
        }
        var compilerErrors = compilerErrors(all);

        assertEquals(4, compilerErrors.lines().map(line -> line.replaceAll("^.*/|\\(.*", "")).distinct()
                .filter(file -> file.endsWith(".ts")).count(), compilerErrors);
        assertFalse(compilerErrors.contains("Cannot find module"), compilerErrors);
    }

    private Path source(String name, String dashboard) throws IOException {
        return Files.writeString(folder.resolve(name + ".ts"), "import type { Provisioned } from '" + NPM.resolve("dashboard")
                + "';\nexport const dashboard: Provisioned = " + dashboard + ";\n");
    }

    private String compilerErrors(List<Path> sources) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("node", TSC.toString(), "--noEmit", "--strict", "--skipLibCheck", "--pretty", "false",
                "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler"));
        sources.forEach(source -> command.add(source.toString()));
        Path output = folder.resolve("output");
        Process tsc = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertTrue(tsc.waitFor(60, TimeUnit.SECONDS), "tsc did not end within 60 s");
        return Files.readString(output);
    }
}
