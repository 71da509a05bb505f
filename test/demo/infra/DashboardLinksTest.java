package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import demo.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Grafana passes every link of a dashboard through sanitize-url. From 7.1 on, that library decodes the link, so that an
 * encoded ampersand ends the parameter. Skipped without node and the two versions, which CI fetches.
 */
final class DashboardLinksTest {
    private static final Path NPM = Path.of(".ci/npm/node_modules").toAbsolutePath();
    private static final String CUT = "/explore?panes={%22query%22%3A%22{%20kind%20%3D%20server%20%26%26%20duration%20%3E%201s%20}%22}";
    private static final String SCRIPT = """
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

    @Test
    void everyLinkKeepsItsQuery() throws Exception {
        assumeTrue(Stack.isOnPath("node") && Files.exists(NPM.resolve("sanitize-url-newest")), "needs node and: npm ci --prefix .ci/npm");
        var links = Stream.concat(Stack.files(".json").stream().flatMap(DashboardLinksTest::links), Stream.of(CUT)).distinct().toList();
        assertTrue(links.size() > 10, links.toString());
        var script = Files.writeString(folder.resolve("links.js"), SCRIPT.formatted(NPM, new String(Json.write(links), StandardCharsets.UTF_8)));

        Process node = new ProcessBuilder("node", script.toString()).redirectErrorStream(true).start();
        var output = new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertEquals(List.of("newest changes " + CUT), output.lines().toList());
    }

    private static Stream<String> links(Path dashboard) {
        try {
            return Json.read(Stack.text(dashboard)).having("url").map(link -> link.at("url").text()).filter(link -> !link.isEmpty());
        } catch (demo.json.JsonException e) {
            throw new AssertionError(dashboard.toString(), e);
        }
    }
}
