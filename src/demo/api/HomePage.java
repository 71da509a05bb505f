package demo.api;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/** {@code GET /}: a page with buttons that send requests, and links to the telemetry. */
final class HomePage implements Route.Handler {
    private final String html;

    HomePage(int pocketPort, Path logFile) throws IOException {
        try (InputStream in = HomePage.class.getResourceAsStream("home.html")) {
            html = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .replace("POCKET_PORT", Integer.toString(pocketPort))
                    .replace("LOG_FILE", logFile.toString().replace("&", "&amp;").replace("<", "&lt;"));
        }
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        String nonce = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        exchange.getResponseHeaders().set("Content-Security-Policy", "default-src 'none'; connect-src 'self'; "
                + "img-src data:; " // the page's empty icon
                + "script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce + "'; base-uri 'none'; "
                + "form-action 'none'; frame-ancestors 'none'");
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        Responses.send(exchange, 200, "text/html; charset=utf-8",
                html.replace("NONCE", nonce).getBytes(StandardCharsets.UTF_8));
    }
}
