package demo.tools.verify;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.TreeSet;

/** What Tempo holds of the request. */
final class TempoSide {
    /** An order asks the payment service, which asks a card company. */
    private static final List<String> SPANS = List.of("POST /orders", "POST /payments", "authorize card");

    private final Http http;
    private final URI tempo;

    TempoSide(Http http, URI tempo) {
        this.http = http;
        this.tempo = tempo;
    }

    Finding trace(Followed request) throws IOException {
        var expected = "trace " + request.traceId() + " of service api with spans " + String.join(", ", SPANS) + " and a client span";
        var response = http.send(Http.request(Http.uri(tempo, "/api/traces/" + request.traceId()), "Accept", "application/json"));
        if (response.statusCode() != 200) {
            return Finding.broken(expected, "Tempo answers " + response.statusCode());
        }
        var trace = Json.parse(response.body());
        var spans = trace.having("spans").flatMap(scope -> scope.at("spans").items().stream()).toList();
        var names = new TreeSet<>(spans.stream().map(span -> span.at("name").text()).toList());
        boolean client = spans.stream().anyMatch(span -> span.at("kind").text().matches("SPAN_KIND_CLIENT|3"));
        boolean ofTheApi = trace.having("key").filter(attribute -> attribute.at("key").text().equals("service.name"))
                .anyMatch(attribute -> attribute.at("value", "stringValue").text().equals("api"));
        return !names.containsAll(SPANS) ? Finding.broken(expected, "spans " + String.join(", ", names))
                : !client ? Finding.broken(expected, "no client span")
                : !ofTheApi ? Finding.broken(expected, "another service.name")
                : new Finding.Found(spans.size() + " spans: " + String.join(", ", names));
    }
}
