package demo.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.util.Map;
import java.util.TreeSet;

/**
 * One path of the service and what answers each method there.
 *
 * <p>The server matches contexts by prefix ({@code /menu} also gets {@code /menu-old}), so a route checks the exact
 * path again. A template ends in at most one parameter: {@code /orders/{id}}.
 *
 * @param template what log lines, metrics and spans call this path
 * @param methods  handlers by method; HEAD is answered where GET is
 * @param quiet    true for scrapes and health checks: no span, and a log line at DEBUG only
 */
record Route(String template, Map<String, Handler> methods, boolean quiet) {
    /** What a path that nothing answers is called, as servlet containers call their catch-all. */
    static final String NOWHERE = "/*";

    Route {
        methods = Map.copyOf(methods);
    }

    /** Answers a request, or throws the problem that is its answer. */
    interface Handler {
        void handle(HttpExchange exchange) throws Exception;

        /** A handler of someone else's. */
        static Handler of(HttpHandler handler) {
            return handler::handle;
        }
    }

    /** The path below which the server sends requests here. */
    String contextPath() {
        int parameter = template.indexOf('{');
        return parameter < 0 ? template : template.substring(0, parameter);
    }

    boolean matches(String path) {
        if (contextPath().equals(template)) {
            return path.equals(template);
        }
        return path.length() > contextPath().length() && path.indexOf('/', contextPath().length()) < 0;
    }

    /** The path's last part, where the template has its parameter. */
    static String parameter(HttpExchange exchange) {
        String path = exchange.getRequestURI().getPath();
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** @throws Problem 404 or 405 where this route answers neither path nor method */
    void handle(HttpExchange exchange) throws Exception {
        String path = exchange.getRequestURI().getPath();
        if (!matches(path)) {
            throw Problem.notFound("There is nothing at this path; GET / shows what is here.");
        }
        String method = exchange.getRequestMethod();
        Handler handler = methods.get(method.equals("HEAD") ? "GET" : method);
        if (handler == null) {
            var allowed = new TreeSet<>(methods.keySet());
            if (allowed.contains("GET")) {
                allowed.add("HEAD");
            }
            exchange.getResponseHeaders().set("Allow", String.join(", ", allowed));
            throw new Problem(405, "method_not_allowed", "Method not allowed",
                    "This path answers " + String.join(", ", allowed) + ".");
        }
        handler.handle(exchange);
    }
}
