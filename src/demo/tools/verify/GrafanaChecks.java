package demo.tools.verify;

import demo.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What Grafana's API shows: its data sources, queries through them, the links that it has loaded, its dashboards. */
final class GrafanaChecks {
    private final Endpoint grafana;

    GrafanaChecks(Endpoint grafana) {
        this.grafana = grafana.with("Accept", "application/json");
    }

    Finding page(TracedOrder order) throws IOException {
        var health = grafana.json("/api/health");
        return health.at("database").text().equals("ok") ? Finding.ok("Grafana " + health.at("version").text())
                : Finding.broken("/api/health with database ok", "database '" + health.at("database").text() + "'");
    }

    Finding mimir(TracedOrder order) throws IOException {
        return source("mimir", "\"metric\":{\"", "/api/v1/query", "query", ApiChecks.DURATION + "_count");
    }

    Finding loki(TracedOrder order) throws IOException {
        return source("loki", order.traceId(), "/loki/api/v1/query_range",
                "query", "{service=\"api\"} | trace_id=\"" + order.traceId() + "\"",
                "start", order.sentAt().minusSeconds(60).getEpochSecond() + "000000000");
    }

    Finding tempo(TracedOrder order) throws IOException {
        return source("tempo", "\"spans\"", "/api/traces/" + order.traceId());
    }

    private Finding source(String uid, String expectedInside, String path, String... query) throws IOException {
        var expected = "a data source with uid " + uid + " through which the order is found";
        if (load(uid).at("uid").text().isEmpty()) {
            return Finding.broken(expected, "uids " + texts(grafana.json("/api/datasources"), "uid"));
        }
        var response = grafana.get("/api/datasources/proxy/uid/" + uid + path, query);
        return response.statusCode() != 200 || !response.body().contains(expectedInside)
                ? Finding.broken(expected, response.statusCode() + ": " + Endpoint.head(response.body()))
                : Finding.ok("a query through uid " + uid + " finds it");
    }

    /** The links between the signals as the running Grafana has loaded them; ContractsTest compares the file. */
    Finding links(TracedOrder order) throws IOException {
        var mimir = load("mimir").at("jsonData", "exemplarTraceIdDestinations").item(0);
        var loki = load("loki").at("jsonData", "derivedFields").item(0);
        var tempo = load("tempo").at("jsonData");
        var wrong = new ArrayList<String>();
        var logs = tempo.at("tracesToLogsV2");
        var metrics = tempo.at("tracesToMetrics");
        compare(wrong, "graph → trace", "trace_id to tempo",
                mimir.at("name").text() + " to " + mimir.at("datasourceUid").text());
        compare(wrong, "log line → trace", "label trace_id to tempo", loki.at("matcherType").text() + " "
                + loki.at("matcherRegex").text() + " to " + loki.at("datasourceUid").text());
        compare(wrong, "trace → log lines", "{${__tags}} | trace_id = \"${__trace.traceId}\" in loki",
                logs.at("query").text() + " in " + logs.at("datasourceUid").text());
        compare(wrong, "trace → metrics", "in mimir",
                metrics.at("queries").items().isEmpty() ? "no query" : "in " + metrics.at("datasourceUid").text());
        compare(wrong, "service graph", "in mimir", "in " + tempo.at("serviceMap", "datasourceUid").text());
        return wrong.isEmpty() ? Finding.ok("graph → trace, log line ↔ trace, trace → metrics, service graph")
                : Finding.broken("links between the data sources as in the file", String.join("; ", wrong));
    }

    private static void compare(List<String> wrong, String link, String expected, String found) {
        if (!expected.equals(found)) {
            wrong.add(link + ": " + found + ", not " + expected);
        }
    }

    Finding dashboard(TracedOrder order) throws IOException {
        var titles = texts(grafana.json("/api/search?type=dash-db"), "title");
        return titles.isEmpty() ? Finding.broken("a provisioned dashboard", "none") : Finding.ok(titles);
    }

    private static String texts(Json array, String field) {
        return String.join(", ", array.items().stream().map(one -> one.at(field).text()).toList());
    }

    /** Without fields when there is no such data source. */
    private Json load(String uid) throws IOException {
        var path = "/api/datasources/uid/" + uid;
        return grafana.get(path).statusCode() == 404 ? new Json(null) : grafana.json(path);
    }
}
