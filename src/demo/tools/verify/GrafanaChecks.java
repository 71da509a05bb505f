package demo.tools.verify;

import demo.json.Json;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;

/** What Grafana's API shows: queries through its data sources, the links that it has loaded, its dashboards. */
final class GrafanaChecks {
    /** ContractsTest compares the file that Grafana reads. */
    private static final List<String> LINKS = List.of("graph → trace: trace_id to tempo",
            "log line → trace: label trace_id to tempo",
            "trace → log lines: {${__tags}} | trace_id = \"${__trace.traceId}\" to loki",
            "trace → metrics: to mimir", "service graph: to mimir");

    private final Endpoint grafana;

    GrafanaChecks(Deployment at) {
        grafana = at.at("grafana");
    }

    Finding mimir(Order order) throws IOException {
        return query("mimir", Endpoint.query("/api/v1/query", "query", MetricChecks.DURATION + "_count"),
                "\"metric\":\\{\"");
    }

    Finding loki(Order order) throws IOException {
        return query("loki", LogChecks.rangeQuery(order, LogChecks.byIds(order)), order.traceId());
    }

    Finding tempo(Order order) throws IOException {
        return query("tempo", "/api/traces/" + order.traceId(), "\"spans\"");
    }

    private Finding query(String uid, String path, String pattern) throws IOException {
        var response = grafana.text("/api/datasources/proxy/uid/" + uid + path);
        return Finding.of("data through the data source with uid " + uid, response, pattern);
    }

    /** The links between the signals as the running Grafana has loaded them. */
    Finding links(Order order) throws IOException {
        var exemplars = source("mimir").at("exemplarTraceIdDestinations").item(0);
        var field = source("loki").at("derivedFields").item(0);
        var tempo = source("tempo");
        var logs = tempo.at("tracesToLogsV2");
        var metrics = tempo.at("tracesToMetrics");
        var wrong = List.of("graph → trace: " + exemplars.at("name").text() + to(exemplars),
                        "log line → trace: " + field.at("matcherType").text() + " " + field.at("matcherRegex").text()
                                + to(field),
                        "trace → log lines: " + logs.at("query").text() + to(logs),
                        "trace → metrics:" + (metrics.at("queries").items().isEmpty() ? " no query" : to(metrics)),
                        "service graph:" + to(tempo.at("serviceMap")))
                .stream().filter(link -> !LINKS.contains(link)).collect(Collectors.joining("; "));
        return wrong.isEmpty() ? Finding.ok("graph → trace, log line ↔ trace, trace → metrics, service graph")
                : Finding.broken(String.join("; ", LINKS), wrong);
    }

    private static String to(Json link) {
        return " to " + link.at("datasourceUid").text();
    }

    private Json source(String uid) throws IOException {
        return grafana.json("/api/datasources/uid/" + uid).at("jsonData");
    }

    Finding dashboard(Order order) throws IOException {
        return Finding.of("a provisioned dashboard", grafana.text("/api/search?type=dash-db"), "\"title\"");
    }
}
