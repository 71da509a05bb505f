package demo.tools.verify;

import demo.json.Json;
import demo.json.JsonException;
import java.io.IOException;
import java.util.List;
import java.util.TreeSet;

/** What Tempo has of the order. */
final class TempoChecks {
    /** An order calls the payment service, which calls a card company. */
    private static final List<String> SPANS = List.of("POST /orders", "POST /payments", "authorize card");

    private final Endpoint tempo;

    TempoChecks(Endpoint tempo) {
        this.tempo = tempo.with("Accept", "application/json");
    }

    Finding trace(TracedOrder order) throws IOException {
        var expected = "trace " + order.traceId() + " of service api with spans " + SPANS + " and a client span";
        var response = tempo.get("/api/traces/" + order.traceId());
        if (response.statusCode() != 200) {
            return Finding.broken(expected, "Tempo responds " + response.statusCode());
        }
        Json trace;
        try {
            trace = Json.read(response.body());
        } catch (JsonException e) {
            return Finding.broken(expected, Endpoint.head(response.body()));
        }
        var spans = trace.having("spans").flatMap(scope -> scope.at("spans").items().stream()).toList();
        var names = new TreeSet<>(spans.stream().map(span -> span.at("name").text()).toList());
        boolean client = spans.stream().anyMatch(span -> span.at("kind").text().matches("SPAN_KIND_CLIENT|3"));
        boolean ofTheApi = trace.having("key").filter(attribute -> attribute.at("key").text().equals("service.name"))
                .anyMatch(attribute -> attribute.at("value", "stringValue").text().equals("api"));
        return !names.containsAll(SPANS) ? Finding.broken(expected, "spans " + names)
                : !client ? Finding.broken(expected, "no client span")
                : !ofTheApi ? Finding.broken(expected, "another service.name")
                : Finding.ok(spans.size() + " spans: " + names);
    }
}
