package demo.api;

import demo.json.Json;
import demo.json.JsonException;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** All queries of the project, each with its place: dashboards, links, rules, data sources, incidents. */
final class Queries {
    private static final Path DASHBOARDS = Path.of("infra/grafana/dashboards");
    static final Path RULES = Path.of("infra/mimir/rules/anonymous/slo.yaml");
    private static final Path SOURCES = Path.of("infra/grafana/provisioning/datasources/datasources.yaml");
    private static final String STRING = "\"((?:[^\"\\\\]|\\\\.)*)\"";

    private Queries() { }

    /** The PromQL queries with Grafana's variables replaced. */
    static Map<String, String> promQl() throws Exception {
        var queries = new LinkedHashMap<String, String>();
        addPanels("prometheus", queries);
        addLinks("\"uid\":\"mimir\"},\"expr\":" + STRING, queries);
        recordingRules().forEach((name, query) -> queries.put(query, name));
        addMatches("alert: \\w+\\n +expr: (.+)", RULES, queries);
        addMatches("query: '([^']*\\$\\$__tags[^']*)'", SOURCES, queries);
        addIncidents("`([^`{]*\\{pool=[^`]+)`", queries);
        return replaced(queries, Map.of("$$__tags", "job=\"api\"", "$__rate_interval", "1m", "$__range", "15m",
                "${job}", "api", "$job", "api", "$route", ".*"));
    }

    /** The LogQL queries with Grafana's variables replaced. */
    static Map<String, String> logQl(String traceId) throws Exception {
        var queries = new LinkedHashMap<String, String>();
        addPanels("loki", queries);
        addLinks("\"uid\":\"loki\"},\"expr\":" + STRING, queries);
        addMatches("query: '(\\{\\$\\$\\{__tags}[^']+)'", SOURCES, queries);
        addIncidents("`([^`{]*\\{service=[^`]+)`", queries);
        return replaced(queries, Map.of("$${__tags}", "service=\"api\"", "$${__trace.traceId}", traceId,
                "${job}", "api", "$job", "api", "$__auto", "1m", "\"…\"", "\"" + traceId + "\""));
    }

    /** The TraceQL queries. */
    static Map<String, String> traceQl() throws Exception {
        var queries = new LinkedHashMap<String, String>();
        addLinks("\"queryType\":\"traceql\",\"query\":" + STRING, queries);
        return queries;
    }

    /** The recording rules: name and query. */
    static Map<String, String> recordingRules() throws IOException {
        var rules = new TreeMap<String, String>();
        Map<?, ?> file = new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(RULES));
        for (Object group : (List<?>) file.get("groups")) {
            for (Object rule : (List<?>) ((Map<?, ?>) group).get("rules")) {
                if (((Map<?, ?>) rule).get("record") instanceof String name) {
                    rules.put(name, ((Map<?, ?>) rule).get("expr").toString());
                }
            }
        }
        return rules;
    }

    private static void addPanels(String type, Map<String, String> queries) throws Exception {
        for (var panel : panels().entrySet()) {
            for (Json target : panel.getKey().at("targets").items()) {
                if (target.at("datasource", "type").text().equals(type)) {
                    queries.put(target.at("expr").text(), panel.getValue());
                }
            }
        }
    }

    /** Links to Grafana's Explore contain a query in JSON in a URL. */
    private static void addLinks(String pattern, Map<String, String> queries) throws Exception {
        for (var panel : panels().entrySet()) {
            for (Json link : panel.getKey().at("links").items()) {
                Matcher query = Pattern.compile(pattern)
                        .matcher(URLDecoder.decode(link.at("url").text(), StandardCharsets.UTF_8));
                while (query.find()) {
                    queries.put(query.group(1).replace("\\\"", "\""), panel.getValue() + ", a link");
                }
            }
        }
    }

    private static void addMatches(String pattern, Path file, Map<String, String> queries) throws IOException {
        Pattern.compile(pattern).matcher(Files.readString(file)).results()
                .forEach(match -> queries.put(match.group(1), file.toString()));
    }

    private static void addIncidents(String pattern, Map<String, String> queries) throws IOException {
        for (Path page : files(Path.of("incidents"), ".md")) {
            addMatches(pattern, page, queries);
        }
    }

    /** The panels of all dashboards, each with its name. */
    private static Map<Json, String> panels() throws IOException, JsonException {
        var panels = new LinkedHashMap<Json, String>();
        for (Path file : files(DASHBOARDS, ".json")) {
            for (Json panel : Json.read(Files.readAllBytes(file)).at("panels").items()) {
                panels.put(panel, file.getFileName() + ", " + panel.at("title").text());
            }
        }
        return panels;
    }

    private static List<Path> files(Path folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
        }
    }

    private static Map<String, String> replaced(Map<String, String> queries, Map<String, String> variables) {
        var longestFirst = new ArrayList<>(variables.keySet());
        longestFirst.sort((a, b) -> b.length() - a.length());
        var replaced = new LinkedHashMap<String, String>();
        queries.forEach((query, place) -> {
            String filled = query;
            for (String variable : longestFirst) {
                filled = filled.replace(variable, variables.get(variable));
            }
            replaced.put(filled, place);
        });
        return replaced;
    }
}
