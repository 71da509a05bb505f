package demo.api;

import com.sun.net.httpserver.HttpExchange;
import demo.json.Json;
import demo.log.Log;
import java.io.IOException;
import java.util.Map;

/** {@code GET /menu}. The menu is constant, so its JSON is encoded once. */
final class MenuHandler implements Route.Handler {
    private static final int STORM_WARNINGS = 200;

    private final byte[] json;
    private final Faults faults;
    private final Log log;

    MenuHandler(Faults faults, Log log) {
        this.json = Json.write(Map.of("menu", Menu.ITEMS));
        this.faults = faults;
        this.log = log;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        if (faults.on(Faults.Fault.LOG_STORM)) {
            for (int attempt = 1; attempt <= STORM_WARNINGS; attempt++) {
                log.warn("menu", "cache miss").with("attempt", attempt).write();
            }
        }
        Responses.send(exchange, 200, "application/json", json);
    }
}
