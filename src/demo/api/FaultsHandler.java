package demo.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.sun.net.httpserver.HttpExchange;
import demo.log.Log;
import java.io.IOException;
import java.util.Map;
import java.util.regex.Pattern;

/** {@code GET /faults} lists them, {@code POST /faults} with {@code {"fault": "slow-payments", "on": true}} switches. */
final class FaultsHandler {
    private static final Pattern OWN_HOST = Pattern.compile("(localhost|[\\d.]+|\\[[\\da-fA-F:.]+])(:\\d{1,5})?");

    private final boolean enabled;
    private final Faults faults;
    private final Log log;

    /** @param enabled the setting FAULTS; where it is off there is nothing to see or switch */
    FaultsHandler(boolean enabled, Faults faults, Log log) {
        this.enabled = enabled;
        this.faults = faults;
        this.log = log;
    }

    void list(HttpExchange exchange) throws IOException, Problem {
        checkEnabled();
        Exchanges.answerJson(exchange, 200, this::write);
    }

    void set(HttpExchange exchange) throws IOException, Problem {
        checkEnabled();
        checkOrigin(exchange);
        Map<String, Object> body = Json.flatObject(Exchanges.body(exchange));
        if (!(body.get("fault") instanceof String id) || !(body.get("on") instanceof Boolean isOn)) {
            throw Problem.badRequest("invalid_fault",
                    "Expected {\"fault\": \"slow-payments\", \"on\": true}, with a fault that GET /faults lists.");
        }
        var fault = Faults.Fault.of(id);
        if (fault == null) {
            throw Problem.badRequest("invalid_fault", "There is no fault of that name; GET /faults lists them.");
        }
        faults.set(fault, isOn);
        // Which one stays untold: whoever looks for the cause of an incident reads this log.
        log.warn("faults", "a fault was switched").with("on", isOn).write();
        Exchanges.answerJson(exchange, 200, this::write);
    }

    private void checkEnabled() throws Problem {
        if (!enabled) {
            throw Problem.notFound("Faults are off; start the service with FAULTS=on to use them.");
        }
    }

    /**
     * A page of another site must not break the service of whoever visits it: neither under its own name (Origin), nor
     * under one that it made point here (DNS rebinding), so the Host must be localhost or an address.
     */
    private static void checkOrigin(HttpExchange exchange) throws Problem {
        String origin = exchange.getRequestHeaders().getFirst("Origin");
        String host = String.valueOf(exchange.getRequestHeaders().getFirst("Host"));
        if (origin != null && (!origin.replaceFirst("^https:", "http:").equals("http://" + host)
                || !OWN_HOST.matcher(host).matches())) {
            throw new Problem(403, "foreign_origin", "Forbidden", "Only this service's own page may switch faults.");
        }
    }

    private void write(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("faults");
        for (Faults.Fault fault : Faults.Fault.values()) {
            json.writeStartObject();
            json.writeStringField("fault", fault.id());
            json.writeBooleanField("on", faults.on(fault));
            json.writeStringField("what", fault.what());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
