package demo.tools.verify;

import demo.json.Json;
import java.io.IOException;

/** What Grafana's API shows: queries through its data sources, and the links that Grafana has loaded. */
final class GrafanaChecks {
    /** ContractsTest compares the file that Grafana reads. */
    private static final String LINKS = """
            graph → trace: trace_id to tempo; log line → trace: label trace_id to tempo; \
            trace → log lines: {${__tags}} | trace_id = "${__trace.traceId}" to loki; \
            trace → metrics: to mimir; service graph: to mimir""";

    private final Endpoint grafana;

    GrafanaChecks(Deployment at) {
        grafana = at.at("grafana");
    }

    Finding query(String uid, String path, String pattern) throws IOException {
        var response = grafana.text("/api/datasources/proxy/uid/" + uid + path);
        return Finding.of("data through the data source with uid " + uid, response, pattern);
    }

    /** The links between the signals as the running Grafana has loaded them. */
    Finding links() throws IOException {
        var exemplars = source("mimir").at("exemplarTraceIdDestinations").item(0);
        var field = source("loki").at("derivedFields").item(0);
        var tempo = source("tempo");
        return Finding.equal(LINKS, "graph → trace: " + exemplars.at("name").text() + to(exemplars)
                + "; log line → trace: " + field.at("matcherType").text() + " " + field.at("matcherRegex").text()
                + to(field) + "; trace → log lines: " + tempo.at("tracesToLogsV2", "query").text()
                + to(tempo.at("tracesToLogsV2")) + "; trace → metrics:" + to(tempo.at("tracesToMetrics"))
                + "; service graph:" + to(tempo.at("serviceMap")));
    }

    private static String to(Json link) {
        return " to " + link.at("datasourceUid").text();
    }

    private Json source(String uid) throws IOException {
        return grafana.json("/api/datasources/uid/" + uid).at("jsonData");
    }
}
