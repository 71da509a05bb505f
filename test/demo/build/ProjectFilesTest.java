package demo.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import demo.json.Json;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The files that GitHub and Renovate read. */
class ProjectFilesTest {
    @Test
    void actionlintAcceptsTheWorkflows() throws Exception {
        boolean isOnPath = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "actionlint")));
        assumeTrue(isOnPath, "needs actionlint (go install github.com/rhysd/actionlint/cmd/actionlint@latest)");
        Process process = new ProcessBuilder("actionlint", ".github/workflows/ci.yml").redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
    }

    /** Renovate updates only what these patterns match: every image, every jar, every chart. */
    @Test
    void renovatePatternsMatchEveryPinnedVersion() throws Exception {
        var managers = Json.read(Files.readString(Path.of("renovate.json"))).at("customManagers").items();
        assertEquals(3, managers.size());
        for (Json manager : managers) {
            String file = manager.at("managerFilePatterns").item(0).text()
                    .replaceAll("^/\\^|\\$/$", "").replace("\\.", ".");
            var pattern = Pattern.compile(manager.at("matchStrings").item(0).text());
            List<String> pinned = Files.readAllLines(Path.of(file)).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#")).toList();

            assertTrue(pinned.size() > 3, file);
            for (String line : pinned) {
                assertTrue(pattern.matcher(line).find(), file + ": " + line);
            }
        }
    }
}
