package demo.api;

import com.sun.net.httpserver.HttpExchange;
import demo.api.Faults.Fault;
import demo.log.Log;
import java.io.IOException;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code GET /faults} lists the faults. {@code POST /faults} sets one: {@code {"fault": "slow-payments", "on": true}}.
 *
 * @param enabled the setting FAULTS; when it is off, both methods respond 404
 */
record FaultsHandler(boolean enabled, Faults faults, Log log) {
    /** Host headers of a browser on this machine: localhost or a literal address. */
    private static final Pattern LOCAL_HOST = Pattern.compile("(localhost|[\\d.]+|\\[[\\da-fA-F:.]+])(:\\d{1,5})?");

    private record ListedFault(String fault, boolean on, String description) {}

    void list(HttpExchange exchange) throws IOException, Problem {
        checkEnabled();
        Responses.sendJson(exchange, 200, Map.of("faults", Stream.of(Fault.values())
                .map(fault -> new ListedFault(fault.id(), faults.on(fault), fault.description)).toList()));
    }

    void set(HttpExchange exchange) throws IOException, Problem {
        checkEnabled();
        checkOrigin(exchange);
        Map<String, Object> body = RequestBody.read(exchange);
        if (!(body.get("fault") instanceof String id) || !(body.get("on") instanceof Boolean isOn)) {
            throw Problem.badRequest("invalid_fault",
                    "Expected {\"fault\": \"slow-payments\", \"on\": true}, with a fault that GET /faults lists.");
        }
        Fault fault = Stream.of(Fault.values()).filter(f -> f.id().equals(id)).findFirst().orElseThrow(() ->
                Problem.badRequest("invalid_fault", "There is no fault with this name; GET /faults lists them."));
        faults.set(fault, isOn);
        // The line omits the fault's name: in an incident the reader has to find the fault.
        log.warn("faults", "a fault was switched").with("on", isOn).write();
        Responses.sendJson(exchange, 200, new ListedFault(fault.id(), isOn, fault.description));
    }

    private void checkEnabled() throws Problem {
        if (!enabled) {
            throw Problem.notFound("Faults are off; start the service with FAULTS=on to use them.");
        }
    }

    /**
     * A web page of another site must not set faults in its visitor's service. Such a page is recognised by its Origin
     * header. With DNS rebinding the page's own host name points here, so the Host header must be local as well.
     */
    private static void checkOrigin(HttpExchange exchange) throws Problem {
        String origin = exchange.getRequestHeaders().getFirst("Origin");
        String host = String.valueOf(exchange.getRequestHeaders().getFirst("Host"));
        if (origin != null && (!origin.replaceFirst("^https:", "http:").equals("http://" + host)
                || !LOCAL_HOST.matcher(host).matches())) {
            throw new Problem(403, "foreign_origin", "Forbidden", "Only this service's own page may set faults.");
        }
    }
}
