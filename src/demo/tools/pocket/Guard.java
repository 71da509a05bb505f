package demo.tools.pocket;

import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpHandlers;
import java.util.List;
import java.util.Map;

/**
 * Lets only this machine's own pages in: a web site in another tab can make a browser ask us, under its own name (Host,
 * by DNS rebinding) or with its own Origin; either is answered 403. Also says to the browser what our page may do: load
 * its own script and style, and nothing else from anywhere.
 */
final class Guard {
    private static final Map<String, String> TO_THE_BROWSER = Map.of(
            "Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                    + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                    + "require-trusted-types-for 'script'",
            "X-Content-Type-Options", "nosniff", "Referrer-Policy", "no-referrer", "Cache-Control", "no-store",
            "Cross-Origin-Resource-Policy", "same-origin");

    static final Filter HEADERS = Filter.beforeHandler("says what a browser may do",
            exchange -> TO_THE_BROWSER.forEach(exchange.getResponseHeaders()::set));

    private Guard() {}

    static HttpHandler before(HttpHandler handler) {
        return HttpHandlers.handleOrElse(request -> isOurs(request.getRequestHeaders()), handler,
                HttpHandlers.of(403, Headers.of(), ""));
    }

    private static boolean isOurs(Headers headers) {
        List<String> hosts = headers.getOrDefault("Host", List.of());
        return hosts.size() == 1 && hosts.getFirst().matches("(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d{1,5})?")
                && headers.getOrDefault("Origin", List.of()).stream().allMatch(("http://" + hosts.getFirst())::equals);
    }
}
