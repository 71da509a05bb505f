package demo.pocket;

import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * Lets only this machine's own pages in: a web site in another tab can make a browser ask us, under its own name (Host,
 * by DNS rebinding) or with its own Origin; either is answered 403. Also says to the browser what our page may do:
 * load its own script and style, and nothing else from anywhere.
 */
final class Guard extends Filter {
    private static final Set<String> HOSTS = Set.of("localhost", "127.0.0.1", "[::1]");

    @Override
    public String description() {
        return "refuses other hosts and origins";
    }

    @Override
    public void doFilter(HttpExchange exchange, Chain chain) throws IOException {
        Headers headers = exchange.getResponseHeaders();
        headers.set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                + "require-trusted-types-for 'script'");
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
        headers.set("Cache-Control", "no-store");
        if (allowed(exchange.getRequestHeaders())) {
            chain.doFilter(exchange);
        } else {
            exchange.sendResponseHeaders(403, -1);
            exchange.close();
        }
    }

    private static boolean allowed(Headers headers) {
        List<String> hosts = headers.getOrDefault("Host", List.of());
        if (hosts.size() != 1 || !HOSTS.contains(hosts.getFirst().replaceFirst(":\\d{1,5}$", ""))) {
            return false;
        }
        return headers.getOrDefault("Origin", List.of()).stream().allMatch(origin -> origin.equals("http://" + hosts.getFirst()));
    }
}
