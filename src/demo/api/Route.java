package demo.api;

import com.sun.net.httpserver.HttpExchange;
import java.util.Map;
import java.util.TreeSet;

/**
 * A path of the service with a handler for each method.
 *
 * <p>The JDK's server matches contexts by prefix ({@code /menu} also gets {@code /menu-old}), so
 * {@link RequestObserver} checks the exact path again. A template may end in one parameter: {@code /orders/{id}}.
 *
 * @param template the path's name in log lines, metrics and spans
 * @param methods  handlers by method; HEAD uses the handler of GET
 * @param untraced true for scrapes and health checks: no span, and a log line at DEBUG only
 */
record Route(String template, Map<String, Handler> methods, boolean untraced) {
    /** The template of paths without a route. Servlet containers use the same name. */
    static final String UNMATCHED = "/*";

    /** Sends a response, or throws the problem to send. */
    interface Handler {
        void handle(HttpExchange exchange) throws Exception;
    }

    /** The path prefix under which the JDK's server calls this route. */
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

    /** The path's last segment, where the template has its parameter. */
    static String parameter(HttpExchange exchange) {
        String path = exchange.getRequestURI().getPath();
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** @throws Problem 405 for a method without a handler, or a problem of the handler */
    void handle(HttpExchange exchange) throws Exception {
        String method = exchange.getRequestMethod();
        Handler handler = methods.get(method.equals("HEAD") ? "GET" : method);
        if (handler == null) {
            var allowed = new TreeSet<>(methods.keySet());
            if (allowed.contains("GET")) {
                allowed.add("HEAD");
            }
            exchange.getResponseHeaders().set("Allow", String.join(", ", allowed));
            throw new Problem(405, "method_not_allowed", "Method not allowed",
                    "This path allows " + String.join(", ", allowed) + ".");
        }
        handler.handle(exchange);
    }
}
