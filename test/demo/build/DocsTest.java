package demo.build;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.drills.Drills;
import demo.json.Json;
import demo.settings.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Facts that the documents repeat, their links, and the example to copy. */
class DocsTest {
    /** Code blocks and comments. */
    private static final Pattern CODE = Pattern.compile("(?ms)^ *```.*?^ *```|<!--.*?-->");
    private static final Pattern LINK = Pattern.compile(
            "(?:\\]\\(|src(?:set)?=\")(?!https?:|mailto:)([^)#\"]*)(?:#([^)]+))?[)\"]");

    @Test
    void settingsTableEqualsTheListOfSettings() {
        var rows = text(Path.of("docs/service.md")).lines()
                .dropWhile(line -> !line.equals("| Name | Default | Meaning |")).skip(2)
                .takeWhile(line -> line.startsWith("|")).toList();

        assertEquals(Arrays.stream(Setting.values()).map(setting -> "| `" + setting + "` | "
                + (setting.defaultValue().isEmpty() ? "—" : "`" + setting.defaultValue() + "`")
                + " | " + setting.meaning() + " |").toList(), rows);
    }

    @Test
    void namedRecipesExist() throws IOException {
        var recipes = matches("(?m)^([a-z-]+)(?: .*)?:", text(Path.of("justfile")));
        var unknown = new TreeSet<String>();
        for (Path document : documents()) {
            matches("(?m)(?:^ *|`)(?:\\w+=\\S+ )*just ([a-z][a-z-]*)", text(document)).stream()
                    .filter(recipe -> !recipes.contains(recipe))
                    .forEach(recipe -> unknown.add(document + ": just " + recipe));
        }
        assertEquals(new TreeSet<String>(), unknown);
    }

    /** Relative links: the file exists, and its heading when the link has an anchor. */
    @Test
    void relativeLinksHaveATarget() throws IOException {
        var broken = new TreeSet<String>();
        for (Path document : documents()) {
            LINK.matcher(CODE.matcher(text(document)).replaceAll("")).results().forEach(link -> {
                Path target = link.group(1).isEmpty() ? document : document.resolveSibling(link.group(1)).normalize();
                if (!Files.exists(target) || link.group(2) != null && !anchors(target).contains(link.group(2))) {
                    broken.add(document + " links to " + link.group());
                }
            });
        }
        assertEquals(new TreeSet<String>(), broken);
    }

    /** The anchors that GitHub makes of a document's headings. */
    private static Set<String> anchors(Path document) {
        return CODE.matcher(text(document)).replaceAll("").lines().filter(line -> line.matches("#+ .*"))
                .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9 _-]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    /** Each alert is documented, and links to a dashboard and a runbook that exist. */
    @Test
    void alertsTableEqualsTheRules() {
        String rules = text(Path.of("infra/mimir/rules/anonymous/slo.yaml"));

        assertEquals(matches("- alert: (\\w+)", rules), namesOfRows("docs/slo.md").collect(toCollection(TreeSet::new)));
        assertTrue(anchors(Path.of("docs/slo.md")).containsAll(matches("runbook: docs/slo.md#(\\S+)", rules)));
        for (String dashboard : matches("dashboard: http://localhost:3000/d/(\\S+)", rules)) {
            assertTrue(Files.exists(Path.of("infra/grafana/dashboards/" + dashboard + ".json")), dashboard);
        }
    }

    /** A name with an ellipsis stands for all drills that start with it. */
    @Test
    void drillsTableEqualsTheDrills() {
        var documented = namesOfRows("docs/reliability.md").flatMap(name -> Drills.names().stream()
                .filter(drill -> name.endsWith("…") ? drill.startsWith(name.replace("…", "")) : drill.equals(name)));

        assertEquals(new TreeSet<>(Drills.names()), documented.collect(toCollection(TreeSet::new)));
    }

    /** The names in the first column of a page's tables, where it has only names in backquotes. */
    private static Stream<String> namesOfRows(String page) {
        return Pattern.compile("(?m)^\\| (`[^|]+`) \\|").matcher(text(Path.of(page))).results()
                .flatMap(row -> Arrays.stream(row.group(1).replace("`", "").split(", ")));
    }

    @Test
    void namedPanelsExist() throws IOException {
        var dashboards = new StringBuilder();
        try (var files = Files.list(Path.of("infra/grafana/dashboards"))) {
            files.forEach(file -> dashboards.append(text(file)));
        }
        matches("panel\\s+\"([^\"]+)\"", text(Path.of("docs/slo.md"))).forEach(panel ->
                assertTrue(dashboards.indexOf("\"title\": \"" + panel + "\"") >= 0, panel));
    }

    /** Renovate updates only what its patterns match: every image, every jar, every chart. */
    @Test
    void renovatePatternsMatchEveryPinnedVersion() throws Exception {
        for (Json manager : Json.read(text(Path.of("renovate.json"))).at("customManagers").items()) {
            String file = manager.at("managerFilePatterns").item(0).text().replaceAll("^/\\^|\\$/$|\\\\", "");
            var pattern = Pattern.compile(manager.at("matchStrings").item(0).text());
            var pinned = Files.readAllLines(Path.of(file)).stream().filter(line -> !line.matches("|#.*")).toList();

            assertEquals(pinned, pinned.stream().filter(line -> pattern.matcher(line).find()).toList(), file);
        }
    }

    /** The example of docs/reuse.md, with the log's sources and nothing else. */
    @Test
    void reuseExampleCompilesAndRuns(@TempDir Path folder) throws Exception {
        var example = Pattern.compile("(?s)```java\\n(.*?)```").matcher(text(Path.of("docs/reuse.md")));
        assertTrue(example.find());
        Path source = Files.writeString(folder.resolve("Example.java"), example.group(1));
        var command = new ArrayList<>(List.of(java("javac"), "-J-XX:TieredStopAtLevel=1", "-Xlint:all",
                "-Werror", "-d", folder.toString(), source.toString()));
        try (var files = Files.list(Path.of("src/demo/log"))) {
            files.map(Path::toAbsolutePath).map(Path::toString).forEach(command::add);
        }
        assertEquals("", run(folder, command));

        assertEquals("", run(folder, List.of(java("java"), "-cp", folder.toString(), "Example")));
        String log = text(folder.resolve("var/logs/app.log"));
        assertTrue(log.contains("\"service\":\"my-service\"") && log.endsWith("\"total_cents\":500}\n"), log);
    }

    private static String java(String program) {
        return Path.of(System.getProperty("java.home"), "bin", program).toString();
    }

    private static String run(Path folder, List<String> command) throws Exception {
        var process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    /** The Markdown files that readers open. */
    private static Set<Path> documents() throws IOException {
        var all = new TreeSet<Path>();
        for (String folder : List.of("", "docs", "incidents", "infra/k8s")) {
            try (var files = Files.list(Path.of(folder))) {
                files.filter(file -> file.toString().endsWith(".md")).forEach(all::add);
            }
        }
        return all;
    }

    /** What the first group matches. */
    private static Set<String> matches(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().map(match -> match.group(1))
                .collect(toCollection(TreeSet::new));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
