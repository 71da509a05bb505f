package demo.api;

import com.sun.net.httpserver.HttpExchange;
import demo.log.Log;
import java.io.IOException;

/** The menu behind a cache whose misses are logged too eagerly: where the log storm comes from. */
record StormyMenu(Menu menu, Faults faults, Log log) implements Route.Handler {
    private static final int WARNINGS = 200;

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        if (faults.on(Faults.Fault.LOG_STORM)) {
            for (int attempt = 1; attempt <= WARNINGS; attempt++) {
                log.warn("menu", "cache miss").with("attempt", attempt).write();
            }
        }
        menu.handle(exchange);
    }
}
