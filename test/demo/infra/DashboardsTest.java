package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import demo.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Grafana's published schema and its link sanitizer accept the dashboards. Skipped without the npm packages of CI. */
final class DashboardsTest {
    private static final Path NPM = Path.of(".ci/npm").toAbsolutePath();
    private static final Path MODULES = NPM.resolve("node_modules");
    private static final String CUT =
            "/explore?panes={%22query%22%3A%22{%20kind%20%3D%20server%20%26%26%20duration%20%3E%201s%20}%22}";
    private static final String SANITIZE = """
            const query = link => JSON.stringify([...new URL(link, 'http://grafana').searchParams]);
            for (const version of ['7.0.1', 'newest']) {
                const {sanitizeUrl} = require('%s/sanitize-url-' + version);
                for (const link of %s) {
                    if (query(sanitizeUrl(link)) !== query(link)) {
                        console.log(version + ' changes ' + link);
                    }
                }
            }
            """;

    @TempDir
    Path folder;

    @BeforeAll
    static void assumePackagesAreInstalled() {
        assumeTrue(Stack.isOnPath("node") && Files.isDirectory(MODULES), "needs node and: npm ci --prefix .ci/npm");
    }

    /** The TypeScript compiler checks them against {@code .ci/npm/dashboard.ts}. Four wrong copies prove the check. */
    @Test
    void everyDashboardMatchesTheSchema() throws Exception {
        var command = new ArrayList<>(List.of("node", MODULES.resolve("typescript/bin/tsc").toString(), "--noEmit",
                "--strict", "--skipLibCheck", "--pretty", "false", "--target", "es2022", "--lib", "es2022", "--module",
                "esnext", "--moduleResolution", "bundler"));
        for (Path dashboard : Stack.files(".json")) {
            command.add(typescript(dashboard.getFileName().toString(), Stack.text(dashboard)));
        }
        String service = Stack.text(Stack.INFRA.resolve("grafana/dashboards/service.json"));
        var wrong = List.of(List.of("\"fillOpacity\"", "\"fillOpacty\""),
                List.of("\"placement\": \"bottom\"", "\"placement\": \"botom\""),
                List.of("\"type\": \"heatmap\"", "\"type\": \"heat\""), List.of("\"w\": 8", "\"w\": \"8\""));
        var expected = new TreeSet<String>();
        for (List<String> change : wrong) {
            assertTrue(service.contains(change.get(0)), change.get(0));
            String name = "wrong" + wrong.indexOf(change);
            command.add(typescript(name, service.replace(change.get(0), change.get(1))));
            expected.add(name + ".ts");
        }

        String errors = Stack.run(-1, command);

        assertFalse(errors.contains("Cannot find module"), errors);
        assertEquals(expected, errors.lines().map(line -> line.replaceAll("^.*/|\\(.*", ""))
                .filter(file -> file.endsWith(".ts")).collect(Collectors.toCollection(TreeSet::new)), errors);
    }

    private String typescript(String name, String dashboard) throws Exception {
        return Files.writeString(folder.resolve(name + ".ts"), """
                import type { Provisioned } from '%s';
                export const dashboard: Provisioned = %s;
                """.formatted(NPM.resolve("dashboard"), dashboard)).toString();
    }

    /** From 7.1 on, sanitize-url decodes a link, so that an encoded ampersand ends the parameter. */
    @Test
    void everyLinkKeepsItsQuery() throws Exception {
        var links = new ArrayList<>(List.of(CUT));
        for (Path dashboard : Stack.files(".json")) {
            Json.read(Stack.text(dashboard)).having("url").map(link -> link.at("url").text())
                    .filter(link -> !link.isEmpty()).forEach(links::add);
        }
        assertTrue(links.size() > 10, links.toString());
        Path script = Files.writeString(folder.resolve("links.js"),
                SANITIZE.formatted(MODULES, new String(Json.write(links), StandardCharsets.UTF_8)));

        assertEquals("newest changes " + CUT + "\n", Stack.run(0, List.of("node", script.toString())));
    }
}
