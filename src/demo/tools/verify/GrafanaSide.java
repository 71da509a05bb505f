package demo.tools.verify;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/** Grafana's API: its data sources, what it finds through them, the links between the signals, a dashboard. */
final class GrafanaSide {
    private static final String ADMIN = "Basic " + Base64.getEncoder().encodeToString("admin:admin".getBytes(StandardCharsets.UTF_8));

    private final Http http;
    private final URI grafana;

    GrafanaSide(Http http, URI grafana) {
        this.http = http;
        this.grafana = grafana;
    }

    Finding page(Followed request) throws IOException {
        var health = http.json(Http.uri(grafana, "/api/health"));
        return health.at("database").text().equals("ok") ? new Finding.Found("Grafana " + health.at("version").text())
                : Finding.broken("/api/health with database ok", "database '" + health.at("database").text() + "'");
    }

    Finding mimir(Followed request) throws IOException {
        return source("mimir", "prometheus", Http.uri(grafana, "/api/datasources/proxy/uid/mimir/api/v1/query", "query", ApiSide.DURATION + "_count"),
                "\"metric\":{\"");
    }

    Finding loki(Followed request) throws IOException {
        return source("loki", "loki", Http.uri(grafana, "/api/datasources/proxy/uid/loki/loki/api/v1/query_range", "query",
                "{service=\"api\"} | trace_id=\"" + request.traceId() + "\"", "start", request.sentAt().minusSeconds(60).getEpochSecond() + "000000000"),
                request.traceId());
    }

    Finding tempo(Followed request) throws IOException {
        return source("tempo", "tempo", Http.uri(grafana, "/api/datasources/proxy/uid/tempo/api/traces/" + request.traceId()), "\"spans\"");
    }

    private Finding source(String uid, String type, URI query, String expectedInside) throws IOException {
        var source = source(uid);
        var expected = "a data source with uid " + uid + " and type " + type + " through which our data is found";
        if (!source.at("uid").text().equals(uid)) {
            return Finding.broken(expected, "uids " + String.join(", ", uids()));
        }
        if (!source.at("type").text().equals(type)) {
            return Finding.broken(expected, "type " + source.at("type").text());
        }
        var health = http.send(request(Http.uri(grafana, "/api/datasources/uid/" + uid + "/health")));
        if (health.statusCode() == 400 || health.statusCode() == 200 && !Json.parse(health.body()).at("status").text().equals("OK")) {
            return Finding.broken(expected, "its health is " + Http.head(health.body()));
        }
        var answer = http.send(request(query));
        return answer.statusCode() != 200 || !answer.body().contains(expectedInside)
                ? Finding.broken(expected, answer.statusCode() + ": " + Http.head(answer.body()))
                : new Finding.Found("uid " + uid + (health.statusCode() == 200 ? " is healthy" : "") + ", a query through it finds our data");
    }

    /** metric → trace. */
    Finding exemplarLink(Followed request) throws IOException {
        var links = source("mimir").at("jsonData", "exemplarTraceIdDestinations").items();
        return link("exemplarTraceIdDestinations: name trace_id, datasourceUid tempo", links.stream()
                .map(link -> "name " + link.at("name").text() + ", datasourceUid " + link.at("datasourceUid").text()).toList());
    }

    /** Log line → trace. */
    Finding logLink(Followed request) throws IOException {
        var links = source("loki").at("jsonData", "derivedFields").items();
        return link("derivedFields: matcherType label, matcherRegex trace_id, datasourceUid tempo", links.stream()
                .map(link -> "matcherType " + link.at("matcherType").text() + ", matcherRegex " + link.at("matcherRegex").text()
                        + ", datasourceUid " + link.at("datasourceUid").text()).toList());
    }

    /** Trace → its log lines. */
    Finding traceLogsLink(Followed request) throws IOException {
        var link = source("tempo").at("jsonData", "tracesToLogsV2");
        var query = link.at("query").text();
        return link("tracesToLogsV2: datasourceUid loki, query by trace_id", List.of("datasourceUid " + link.at("datasourceUid").text()
                + ", query " + (query.contains("trace_id = \"${__trace.traceId}\"") ? "by trace_id" : "'" + query + "'")));
    }

    /** Trace → metrics. */
    Finding traceMetricsLink(Followed request) throws IOException {
        var link = source("tempo").at("jsonData", "tracesToMetrics");
        return link("tracesToMetrics: datasourceUid mimir, with queries", List.of("datasourceUid " + link.at("datasourceUid").text()
                + ", " + (link.at("queries").items().isEmpty() ? "without" : "with") + " queries"));
    }

    Finding serviceMapLink(Followed request) throws IOException {
        return link("serviceMap: datasourceUid mimir",
                List.of("datasourceUid " + source("tempo").at("jsonData", "serviceMap", "datasourceUid").text()));
    }

    Finding dashboard(Followed request) throws IOException {
        var dashboards = get("/api/search?type=dash-db").items();
        return dashboards.isEmpty() ? Finding.broken("a provisioned dashboard", "none")
                : new Finding.Found(String.join(", ", dashboards.stream().map(one -> one.at("title").text()).toList()));
    }

    private static Finding link(String expected, List<String> found) {
        var wanted = expected.substring(expected.indexOf(": ") + 2);
        return found.contains(wanted) ? new Finding.Found(wanted)
                : Finding.broken(expected, found.isEmpty() ? "none" : String.join("; ", found));
    }

    /** Empty when there is no such data source. */
    private Json source(String uid) throws IOException {
        var answer = http.send(request(Http.uri(grafana, "/api/datasources/uid/" + uid)));
        if (answer.statusCode() != 200 && answer.statusCode() != 404) {
            throw new IOException("/api/datasources/uid/" + uid + " answers " + answer.statusCode() + ": " + Http.head(answer.body()));
        }
        return Json.parse(answer.body());
    }

    private List<String> uids() throws IOException {
        return get("/api/datasources").items().stream().map(source -> source.at("uid").text()).toList();
    }

    private Json get(String path) throws IOException {
        return http.json(Http.uri(grafana, path), "Authorization", ADMIN);
    }

    private static HttpRequest.Builder request(URI uri) {
        return Http.request(uri, "Authorization", ADMIN, "Accept", "application/json");
    }
}
