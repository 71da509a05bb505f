package demo.api;

import demo.json.Json;
import demo.json.JsonException;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** All queries of the project, each with its file: dashboards, their links, rules, data sources, incidents. */
final class Queries {
    enum Language { PROMQL, LOGQL, TRACEQL }

    static final Path RULES = Path.of("infra/mimir/rules/anonymous/slo.yaml");
    private static final Path SOURCES = Path.of("infra/grafana/provisioning/datasources/datasources.yaml");
    private static final Pattern QUERY_OF_INCIDENT = Pattern.compile("`([^`]*\\{(?:pool|service)=[^`]+)`");
    /** Grafana's variables. */
    private static final List<String[]> VARIABLES = Stream.of("$${__tags} service=\"api\"", "$$__tags job=\"api\"",
            "$__rate_interval 1m", "$__range 15m", "$__auto 1m", "${job} api", "$job api", "$route .*")
            .map(variable -> variable.split(" ")).toList();

    private final Map<String, String> queries = new TreeMap<>();

    private Queries() { }

    /** The queries with their files. Variables have values; a trace id has the value {@code traceId}. */
    static Map<String, String> in(Language language, String traceId) throws IOException, JsonException {
        var all = new Queries();
        for (Path file : files("infra/grafana/dashboards", ".json")) {
            all.addJson(Json.read(Files.readAllBytes(file)), file);
        }
        all.addJson(yaml(RULES), RULES);
        all.addJson(yaml(SOURCES), SOURCES);
        for (Path page : files("incidents", ".md")) {
            QUERY_OF_INCIDENT.matcher(Files.readString(page)).results().forEach(query -> all.add(query.group(1), page));
        }
        var found = new TreeMap<String, String>();
        all.queries.forEach((query, file) -> {
            if (languageOf(query) == language) {
                found.put(query.replace("$${__trace.traceId}", traceId).replace("…", traceId), file);
            }
        });
        return found;
    }

    private static Language languageOf(String query) {
        return query.startsWith("{ ") ? Language.TRACEQL
                : query.matches("(.*[( ])?\\{service=.*") ? Language.LOGQL : Language.PROMQL;
    }

    /** A link to Grafana's Explore contains a query in JSON in a URL. */
    private void addJson(Json document, Path file) throws JsonException {
        for (String field : List.of("expr", "query")) {
            document.having(field).forEach(object -> add(object.at(field).text(), file));
        }
        for (Json link : document.having("url").toList()) {
            String url = URLDecoder.decode(link.at("url").text(), StandardCharsets.UTF_8);
            if (url.startsWith("/explore")) {
                addJson(Json.read(url.substring(url.indexOf('{'))), file);
            }
        }
    }

    private void add(String query, Path file) {
        if (query.isEmpty() || query.startsWith("label_values(")) {
            return;
        }
        String filled = query;
        for (String[] variable : VARIABLES) {
            filled = filled.replace(variable[0], variable[1]);
        }
        queries.put(filled, file.toString());
    }

    private static Json yaml(Path file) throws IOException {
        return new Json(new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(file)));
    }

    private static List<Path> files(String folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(Path.of(folder))) {
            return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
        }
    }
}
