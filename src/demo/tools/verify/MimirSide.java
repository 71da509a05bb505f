package demo.tools.verify;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.TreeSet;

/** What Mimir holds, asked as Grafana asks: PromQL and the exemplars' API. */
final class MimirSide {
    /** The client library keeps a bucket's exemplar for at least 7 s: where ours was not taken, one so old stands there. */
    private static final Duration EXEMPLARS_BACK = Duration.ofSeconds(10);
    private static final String OUR_SERIES = ApiSide.DURATION + "_count{job=\"api\",http_request_method=\"POST\",http_route=\""
            + ApiSide.ROUTE + "\",http_response_status_code=\"201\"}";

    private final Http http;
    private final URI mimir;
    private final URI tempo;

    MimirSide(Http http, URI mimir, URI tempo) {
        this.http = http;
        this.mimir = mimir;
        this.tempo = tempo;
    }

    Finding sample(Followed request) throws IOException {
        var samples = query("timestamp(" + OUR_SERIES + ") > " + seconds(request));
        if (!samples.items().isEmpty()) {
            var value = query(OUR_SERIES).item(0).at("value").item(1).text();
            return new Finding.Found(value + " orders, a sample "
                    + since(request, samples.item(0).at("value").item(1).text()) + " after the request");
        }
        var expected = OUR_SERIES + " with a sample after the request";
        if (!query(OUR_SERIES).items().isEmpty()) {
            return Finding.broken(expected, "only older samples");
        }
        var any = query(ApiSide.DURATION + "_count");
        return Finding.broken(expected, any.items().isEmpty() ? "no " + ApiSide.DURATION + "_count at all"
                : "that name with labels " + String.join(", ", new TreeSet<>(any.item(0).at("metric").names())));
    }

    Finding exemplar(Followed request) throws IOException {
        var from = request.sentAt().minus(EXEMPLARS_BACK);
        var answer = http.json(Http.uri(mimir, "/api/v1/query_exemplars",
                "query", "{__name__=~\"" + ApiSide.DURATION + "(_bucket)?\"}",
                "start", Long.toString(from.getEpochSecond()), "end", Long.toString(request.sentAt().plusSeconds(600).getEpochSecond())));
        var exemplars = answer.at("data").items().stream().flatMap(series -> series.at("exemplars").items().stream())
                .sorted(Comparator.comparingDouble((Json one) -> number(one.at("timestamp").text())).reversed()).toList();
        var expected = "an exemplar of " + ApiSide.DURATION + " with label trace_id whose trace Tempo has";
        if (exemplars.isEmpty()) {
            return Finding.broken(expected, "none since " + EXEMPLARS_BACK.toSeconds() + " s before the request");
        }
        var ids = exemplars.stream().map(one -> one.at("labels", "trace_id").text()).filter(id -> !id.isEmpty()).toList();
        if (ids.isEmpty()) {
            return Finding.broken(expected, "labels " + String.join(", ", exemplars.getFirst().at("labels").names()));
        }
        boolean ours = ids.contains(request.traceId());
        var id = ours ? request.traceId() : ids.getFirst();
        var trace = http.send(Http.request(Http.uri(tempo, "/api/traces/" + id), "Accept", "application/json"));
        return trace.statusCode() != 200 ? Finding.broken(expected, "trace_id " + id + ", for which Tempo answers " + trace.statusCode())
                : new Finding.Found((ours ? "our request's own" : ids.size() + " exemplars, the newest") + " (" + id + ") opens in Tempo");
    }

    Finding spanMetrics(Followed request) throws IOException {
        return fresh(request, "traces_spanmetrics_calls_total{service=\"api\"}", "spans", "span_name");
    }

    Finding serviceGraph(Followed request) throws IOException {
        return fresh(request, "traces_service_graph_request_total{client=\"api\",server=\"api\"}", "edges", "client", "server");
    }

    private Finding fresh(Followed request, String series, String what, String... labels) throws IOException {
        var samples = query("timestamp(" + series + ") > " + seconds(request)).items();
        if (samples.isEmpty()) {
            return Finding.broken(series + " with a sample after the request",
                    query(series).items().isEmpty() ? "no such series" : "only older samples");
        }
        var first = samples.getFirst().at("metric");
        var values = Arrays.stream(labels).map(label -> first.at(label).text()).toList();
        return new Finding.Found(samples.size() + " " + what + ", such as " + String.join(" → ", values));
    }

    /** Whether it is Mimir that answers, and not a Prometheus in its place. */
    boolean isMimir() throws IOException {
        return http.json(Http.uri(mimir, "/api/v1/status/buildinfo")).at("data", "application").text().contains("Mimir");
    }

    private Json query(String promql) throws IOException {
        return http.json(Http.uri(mimir, "/api/v1/query", "query", promql)).at("data", "result");
    }

    private static String seconds(Followed request) {
        return String.format(Locale.ROOT, "%.3f", request.sentAtSeconds());
    }

    private static String since(Followed request, String seconds) {
        return String.format(Locale.ROOT, "%.1f s", number(seconds) - request.sentAtSeconds());
    }

    private static double number(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }
}
