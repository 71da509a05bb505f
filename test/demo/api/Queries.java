package demo.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
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

/** What is asked anywhere in the project: by dashboards and their links, rules, data sources, the incidents' pages. */
final class Queries {
    static final Path DASHBOARDS = Path.of("infra/grafana/dashboards");
    private static final Path RULES = Path.of("infra/mimir/rules/anonymous/slo.yaml");
    private static final Path SOURCES = Path.of("infra/grafana/provisioning/datasources/datasources.yaml");

    private Queries() { }

    /** Every PromQL query, its variables filled in, with the place that asks it. */
    static Map<String, String> promQl() throws IOException {
        var queries = new LinkedHashMap<String, String>();
        eachTarget("prometheus", "expr", queries);
        eachLink("\"uid\":\"mimir\"},\"expr\":\"((?:[^\"\\\\]|\\\\.)*)\"", queries);
        recorded().forEach((name, query) -> queries.put(query, name));
        Matcher alert = Pattern.compile("alert: (\\w+)\\n +expr: (.+)").matcher(Files.readString(RULES));
        while (alert.find()) {
            queries.put(alert.group(2), alert.group(1));
        }
        Matcher link = Pattern.compile("query: '([^']*\\$\\$__tags[^']*)'").matcher(Files.readString(SOURCES));
        while (link.find()) {
            queries.put(link.group(1).replace("$$__tags", "job=\"api\""), "a link from a trace to metrics");
        }
        queries.putAll(ofPages("`([^`{]*\\{pool=[^`]+)`"));
        var filled = new LinkedHashMap<String, String>();
        queries.forEach((query, place) -> filled.put(query.replace("$__rate_interval", "1m").replace("$__range", "15m")
                .replace("${job}", "api").replace("$job", "api").replace("$route", ".*"), place));
        return filled;
    }

    /** Every LogQL query, its variables filled in, with the place that asks it. */
    static Map<String, String> logQl(String traceId) throws IOException {
        var queries = new LinkedHashMap<String, String>();
        eachTarget("loki", "expr", queries);
        eachLink("\"uid\":\"loki\"},\"expr\":\"((?:[^\"\\\\]|\\\\.)*)\"", queries);
        Matcher link = Pattern.compile("query: '(\\{\\$\\$\\{__tags}[^']+)'").matcher(Files.readString(SOURCES));
        while (link.find()) {
            queries.put(link.group(1).replace("$${__tags}", "service=\"api\"").replace("$${__trace.traceId}", traceId), "a link from a trace to its lines");
        }
        queries.putAll(ofPages("`([^`{]*\\{service=[^`]+)`"));
        var filled = new LinkedHashMap<String, String>();
        queries.forEach((query, place) -> filled.put(query.replace("${job}", "api").replace("$job", "api").replace("$__auto", "1m")
                .replace("\"…\"", "\"" + traceId + "\""), place));
        return filled;
    }

    /** Every TraceQL query, with the place that asks it. */
    static Map<String, String> traceQl() throws IOException {
        var queries = new LinkedHashMap<String, String>();
        eachLink("\"queryType\":\"traceql\",\"query\":\"((?:[^\"\\\\]|\\\\.)*)\"", queries);
        return queries;
    }

    private static void eachTarget(String type, String field, Map<String, String> queries) throws IOException {
        for (Path file : dashboards()) {
            for (Map<?, ?> panel : panels(file)) {
                for (Object each : panel.get("targets") instanceof List<?> targets ? targets : List.of()) {
                    Map<?, ?> target = (Map<?, ?>) each;
                    if (type.equals(((Map<?, ?>) target.get("datasource")).get("type"))) {
                        queries.put(target.get(field).toString(), file.getFileName() + ", " + panel.get("title"));
                    }
                }
            }
        }
    }

    /** What links to Explore ask: a query within JSON within an URL. */
    private static void eachLink(String query, Map<String, String> queries) throws IOException {
        for (Path file : dashboards()) {
            for (Map<?, ?> panel : panels(file)) {
                for (Object link : panel.get("links") instanceof List<?> links ? links : List.of()) {
                    var url = ((Map<?, ?>) link).get("url").toString();
                    Matcher found = Pattern.compile(query).matcher(URLDecoder.decode(url, StandardCharsets.UTF_8));
                    while (found.find()) {
                        queries.put(found.group(1).replace("\\\"", "\""), file.getFileName() + ", a link of " + panel.get("title"));
                    }
                }
            }
        }
    }

    private static Map<String, String> ofPages(String query) throws IOException {
        var queries = new LinkedHashMap<String, String>();
        try (Stream<Path> pages = Files.list(Path.of("incidents"))) {
            for (Path page : pages.filter(file -> file.toString().endsWith(".md")).sorted().toList()) {
                Pattern.compile(query).matcher(Files.readString(page)).results().forEach(found -> queries.put(found.group(1), page.toString()));
            }
        }
        return queries;
    }

    /** The recording rules: name and query. */
    static Map<String, String> recorded() throws IOException {
        var recorded = new TreeMap<String, String>();
        Map<?, ?> file = new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(RULES));
        for (Object group : (List<?>) file.get("groups")) {
            for (Object rule : (List<?>) ((Map<?, ?>) group).get("rules")) {
                if (((Map<?, ?>) rule).get("record") instanceof String name) {
                    recorded.put(name, ((Map<?, ?>) rule).get("expr").toString());
                }
            }
        }
        return recorded;
    }

    static List<Path> dashboards() throws IOException {
        try (var files = Files.list(DASHBOARDS)) {
            return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
    }

    static List<Map<?, ?>> panels(Path file) throws IOException {
        return ((List<?>) dashboard(file).get("panels")).stream().<Map<?, ?>>map(panel -> (Map<?, ?>) panel).toList();
    }

    static Map<?, ?> dashboard(Path file) throws IOException {
        return (Map<?, ?>) json(Files.readString(file));
    }

    /** The value that a JSON text is: maps, lists, texts (numbers too) and booleans. */
    static Object json(String text) throws IOException {
        try (JsonParser json = new JsonFactory().createParser(text)) {
            json.nextToken();
            return value(json);
        }
    }

    private static Object value(JsonParser json) throws IOException {
        if (json.currentToken() == JsonToken.START_OBJECT) {
            var members = new LinkedHashMap<String, Object>();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                json.nextToken();
                members.put(name, value(json));
            }
            return members;
        }
        if (json.currentToken() == JsonToken.START_ARRAY) {
            var elements = new ArrayList<>();
            while (json.nextToken() != JsonToken.END_ARRAY) {
                elements.add(value(json));
            }
            return elements;
        }
        return switch (json.currentToken()) {
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> "";
            default -> json.getText();
        };
    }
}
