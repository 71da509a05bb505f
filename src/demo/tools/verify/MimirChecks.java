package demo.tools.verify;

import demo.json.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;

/** What Mimir has of the order, by the same queries that Grafana sends. */
final class MimirChecks {
    /** The client library keeps an exemplar for at least 7 s, so an exemplar of a slightly earlier request counts. */
    private static final Duration EXEMPLAR_AGE = Duration.ofSeconds(10);
    private static final String OUR_SERIES = ApiChecks.DURATION + "_count{job=\"api\",http_request_method=\"POST\","
            + "http_route=\"" + ApiChecks.ROUTE + "\",http_response_status_code=\"201\"}";

    private final Endpoint mimir;
    private final Endpoint tempo;
    private final Endpoint alloy;

    /** @param alloy null where its address is unknown */
    MimirChecks(Endpoint mimir, Endpoint tempo, Endpoint alloy) {
        this.mimir = mimir;
        this.tempo = tempo;
        this.alloy = alloy;
    }

    Finding sample(TracedOrder order) throws IOException {
        return fresh(order, alloy, OUR_SERIES, "series", "http_route");
    }

    Finding exemplar(TracedOrder order) throws IOException {
        var exemplars = mimir.json("/api/v1/query_exemplars",
                        "query", "{__name__=~\"" + ApiChecks.DURATION + "(_bucket)?\"}",
                        "start", Long.toString(order.sentAt().minus(EXEMPLAR_AGE).getEpochSecond()),
                        "end", Long.toString(order.sentAt().plusSeconds(600).getEpochSecond()))
                .at("data").items().stream().flatMap(series -> series.at("exemplars").items().stream())
                .sorted(Comparator.comparingDouble((Json one) -> -number(one.at("timestamp").text()))).toList();
        var expected = "an exemplar of " + ApiChecks.DURATION + " with label trace_id whose trace Tempo has";
        if (exemplars.isEmpty()) {
            return Finding.broken(expected, "none since " + EXEMPLAR_AGE.toSeconds() + " s before the request");
        }
        var ids = exemplars.stream().map(one -> one.at("labels", "trace_id").text()).filter(id -> !id.isEmpty())
                .toList();
        if (ids.isEmpty()) {
            return Finding.broken(expected, "labels " + exemplars.getFirst().at("labels").fields().keySet());
        }
        var id = ids.contains(order.traceId()) ? order.traceId() : ids.getFirst();
        int status = tempo.get("/api/traces/" + id).statusCode();
        return status == 200 ? Finding.ok("the exemplar with trace_id " + id + " opens in Tempo")
                : Finding.broken(expected, "trace_id " + id + ", for which Tempo responds " + status);
    }

    Finding spanMetrics(TracedOrder order) throws IOException {
        return fresh(order, tempo, "traces_spanmetrics_calls_total{service=\"api\"}", "spans", "span_name");
    }

    Finding serviceGraph(TracedOrder order) throws IOException {
        return fresh(order, tempo, "traces_service_graph_request_total{client=\"api\",server=\"api\"}", "edges",
                "client", "server");
    }

    private Finding fresh(TracedOrder order, Endpoint writer, String series, String what, String... labels)
            throws IOException {
        var samples = query("timestamp(" + series + ") > " + seconds(order)).items();
        if (samples.isEmpty()) {
            return Finding.broken(series + " with a sample after the request",
                    (query(series).items().isEmpty() ? "no such series" : "only older samples") + damage(writer));
        }
        var first = samples.getFirst().at("metric");
        return Finding.ok(samples.size() + " " + what + ", such as "
                + String.join(" → ", Arrays.stream(labels).map(label -> first.at(label).text()).toList()));
    }

    /** A full disk damages the write-ahead log in front of Mimir. The writer repairs the log when it starts. */
    private static String damage(Endpoint writer) throws IOException {
        if (writer == null) {
            return "; if the disk was full, restart alloy";
        }
        var metrics = writer.root().get("/metrics").body();
        return BucketChecks.sum(metrics, "prometheus_tsdb_wal_writes_failed_total", "") == 0 ? ""
                : "; a full disk has damaged a write-ahead log: restart " + writer.service();
    }

    private Json query(String promql) throws IOException {
        return mimir.json("/api/v1/query", "query", promql).at("data", "result");
    }

    private static String seconds(TracedOrder order) {
        return String.format(Locale.ROOT, "%.3f", order.sentAtSeconds());
    }

    private static double number(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }
}
