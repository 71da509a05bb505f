package demo.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.sun.net.httpserver.HttpExchange;
import demo.log.Log;
import java.io.IOException;
import java.util.List;

/** {@code GET /menu}. The menu never changes, so its JSON is made once. */
final class MenuHandler implements Route.Handler {
    private static final int WARNINGS = 200;

    private final byte[] json;
    private final Faults faults;
    private final Log log;

    MenuHandler(Menu menu, Faults faults, Log log) {
        this.json = Json.bytes(out -> write(out, menu.items()));
        this.faults = faults;
        this.log = log;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        if (faults.on(Faults.Fault.LOG_STORM)) {
            for (int attempt = 1; attempt <= WARNINGS; attempt++) {
                log.warn("menu", "cache miss").with("attempt", attempt).write();
            }
        }
        Exchanges.answer(exchange, 200, "application/json", json);
    }

    private static void write(JsonGenerator json, List<Menu.Item> items) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("menu");
        for (Menu.Item item : items) {
            json.writeStartObject();
            json.writeStringField("item", item.name());
            json.writeNumberField("price_cents", item.priceCents());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
