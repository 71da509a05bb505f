package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.File;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Every dashboard and every rule asks for metrics that are really there, and each panel says what it shows. */
class QueriesTest {
    private static final Path FOREIGN = Path.of("test/demo/api/foreign-metrics.txt");
    private static final Set<String> WORDS = Set.of("by", "without", "on", "ignoring", "group_left", "group_right", "or",
            "and", "unless", "bool", "offset");

    @TempDir
    static Path folder;

    @Test
    void everyMetricInAQueryIsOneThatTheServiceOrAnotherRealProgramGives() throws Exception {
        var known = new TreeSet<>(realScrape());
        Files.readAllLines(FOREIGN).stream().filter(line -> !line.startsWith("#")).forEach(known::add);
        known.addAll(Queries.recorded().keySet());
        int names = 0;

        for (var query : Queries.promQl().entrySet()) {
            for (String name : metrics(query.getKey())) {
                assertTrue(known.contains(name), name + ", asked for by " + query.getValue() + ", is given by nobody");
                names++;
            }
        }
        assertTrue(names > 80, "only " + names + " names were found in the queries");
    }

    @Test
    void aNameThatNobodyGivesWouldBeFound() {
        assertEquals(Set.of("a_total", "b_bucket", "up"), metrics(
                "sum by (x) (rate(a_total{job=\"c\",http_route=~\"d\"}[5m])) / on (x) histogram_quantile(0.9, b_bucket) or 0 * up > 1e3"));
    }

    @Test
    void everyQueryIsOneThatPrometheusCanRead() throws Exception {
        assumeTrue(isOnPath("promtool"), "promtool is not on the PATH (Debian: apt-get install prometheus)");
        var rules = new StringBuilder("groups:\n  - name: queries\n    rules:\n");
        int i = 0;
        for (String query : Queries.promQl().keySet()) {
            rules.append("      - record: query_").append(i++).append("\n        expr: '").append(query.replace("'", "''"))
                    .append("'\n");
        }
        Path file = Files.writeString(folder.resolve("queries.yaml"), rules);
        Path said = folder.resolve("said");

        Process promtool = new ProcessBuilder("promtool", "check", "rules", file.toString()).redirectErrorStream(true)
                .redirectOutput(said.toFile()).start();

        assertTrue(promtool.waitFor(30, TimeUnit.SECONDS), "promtool did not end");
        assertEquals(0, promtool.exitValue(), () -> {
            try {
                return Files.readString(said);
            } catch (IOException e) {
                return e.toString();
            }
        });
    }

    @Test
    void eachPanelSaysWhatToLookForInWhichUnitAndLeadsOn() throws Exception {
        for (Path file : Queries.dashboards()) {
            for (Map<?, ?> panel : Queries.panels(file)) {
                String where = file.getFileName() + ", " + panel.get("title");
                if (!panel.get("type").equals("row")) {
                    assertTrue(String.valueOf(panel.get("description")).length() > 25, where + " has no description");
                    assertFalse(((List<?>) panel.get("links")).isEmpty(), where + " leads nowhere");
                }
                if (Set.of("timeseries", "heatmap", "table").contains(panel.get("type"))) {
                    Map<?, ?> defaults = (Map<?, ?>) ((Map<?, ?>) panel.get("fieldConfig")).get("defaults");
                    assertTrue(defaults.get("unit") instanceof String unit && !unit.isEmpty(), where + " has no unit");
                }
            }
        }
    }

    @Test
    void allDashboardsHaveTheSameVariablesAndThereIsOneOfEachPillar() throws Exception {
        List<?> ofService = (List<?>) ((Map<?, ?>) Queries.dashboard(Queries.DASHBOARDS.resolve("service.json")).get("templating")).get("list");
        var uids = new TreeSet<String>();
        for (Path file : Queries.dashboards()) {
            assertEquals(ofService, ((Map<?, ?>) Queries.dashboard(file).get("templating")).get("list"), file.toString());
            uids.add(Queries.dashboard(file).get("uid").toString());
        }

        assertFalse(ofService.isEmpty());
        assertTrue(uids.containsAll(Set.of("service", "jvm", "pipeline")), uids.toString());
    }

    @Test
    void linksBetweenDashboardsLeadToOneThatIsThere() throws Exception {
        for (Path file : Queries.dashboards()) {
            Matcher link = Pattern.compile("\"/d/([a-z]+)").matcher(Files.readString(file));
            while (link.find()) {
                assertTrue(Files.exists(Queries.DASHBOARDS.resolve(link.group(1) + ".json")), file + " leads to " + link.group(1));
            }
        }
    }

    @Test
    void linksToExploreCarryWhatExploreReads() throws Exception {
        int links = 0;
        for (Path file : Queries.dashboards()) {
            for (Map<?, ?> panel : Queries.panels(file)) {
                for (Object each : panel.get("links") instanceof List<?> all ? all : List.of()) {
                    String url = URLDecoder.decode(((Map<?, ?>) each).get("url").toString(), StandardCharsets.UTF_8);
                    if (url.startsWith("/explore?")) {
                        Map<?, ?> pane = (Map<?, ?>) ((Map<?, ?>) Queries.json(url.substring(url.indexOf("&panes=") + 7))).get("a");
                        Map<?, ?> query = (Map<?, ?>) ((List<?>) pane.get("queries")).getFirst();
                        assertEquals(pane.get("datasource"), ((Map<?, ?>) query.get("datasource")).get("uid"), url);
                        assertEquals(Map.of("from", "${__from}", "to", "${__to}"), pane.get("range"), url);
                        assertTrue(query.containsKey("expr") || query.containsKey("query"), url);
                        links++;
                    }
                }
            }
        }
        assertTrue(links > 30, "links to Explore: " + links);
    }

    @Test
    void durationsOfTheServiceShowTheirExemplars() throws Exception {
        int shown = 0;
        for (Map<?, ?> panel : Queries.panels(Queries.DASHBOARDS.resolve("service.json"))) {
            if (!panel.get("type").equals("table") && !panel.get("type").equals("row")) {
                for (Object each : (List<?>) panel.get("targets")) {
                    Map<?, ?> target = (Map<?, ?>) each;
                    if (String.valueOf(target.get("expr")).startsWith("histogram_quantile")) {
                        assertEquals(true, target.get("exemplar"), panel.get("title").toString());
                        shown++;
                    }
                }
            }
        }
        assertTrue(shown >= 3, "queries with exemplars: " + shown);
    }

    /** The names that are left when strings, matchers, ranges, groupings, functions and words are gone. */
    private static Set<String> metrics(String query) {
        String bare = query.replaceAll("\"[^\"]*\"", "").replaceAll("\\{[^}]*}", " ").replaceAll("\\[[^]]*]", " ")
                .replaceAll("\\b(by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)", " ");
        return Pattern.compile("(?<![\\w.:])[a-zA-Z_:][\\w:]*+(?!\\s*\\()").matcher(bare).results().map(name -> name.group())
                .filter(name -> !WORDS.contains(name)).collect(Collectors.toCollection(TreeSet::new));
    }

    // ---- what is there -------------------------------------------------------------------------------------------------

    /** The names of every series that the real service gives once it has done something of each kind. */
    private static Set<String> realScrape() throws Exception {
        try (var service = Service.start(Files.createDirectory(folder.resolve("service")), Map.of("SEED", "5"))) {
            service.get("/menu");
            service.post("/orders", "{\"item\": \"tea\", \"quantity\": 1}");
            long deadline = System.nanoTime() + 40_000_000_000L;
            var names = new TreeSet<String>();
            while (!names.contains("jvm_memory_pool_allocated_bytes_total")) {
                assertTrue(System.nanoTime() < deadline, "no metrics of the JVM after 40 s, only " + names);
                // The JVM's metrics come a moment after the service has started; allocation is counted from the next collection on.
                new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(service.process().pid()), "GC.run").redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
                service.openMetrics().lines().filter(line -> !line.startsWith("#"))
                        .forEach(line -> names.add(line.split("[{ ]", 2)[0]));
            }
            // A native histogram has no suffix; the protobuf form carries it.
            names.add("http_server_request_duration_seconds");
            return names;
        }
    }

    private static boolean isOnPath(String program) {
        for (String place : System.getenv("PATH").split(File.pathSeparator)) {
            if (Files.isExecutable(Path.of(place, program))) {
                return true;
            }
        }
        return false;
    }
}
