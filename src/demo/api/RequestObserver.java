package demo.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import demo.log.Level;
import demo.log.Log;
import demo.metrics.Metrics;
import demo.trace.Tracing;
import java.io.IOException;
import java.util.Set;

/**
 * The one place where a request becomes a log line, a metric sample and a span, all with the same trace id.
 *
 * <pre>
 *   agent's filter       starts the server span
 *     RequestObserver    starts the clock, names the span
 *       Route            sends a response or throws
 *     RequestObserver    sends the problem that was thrown; records the sample; writes the line; all inside the span
 *   agent's filter       ends the span
 * </pre>
 *
 * <p>A {@link Problem} is sent as it is. Any other exception becomes a 500 without details and an ERROR line with the
 * stack trace. A client that disconnects is no error of the service: the line has status 499.
 */
record RequestObserver(Route route, Log log, Metrics metrics, Tracing tracing) implements HttpHandler {
    /** The methods of RFC 9110 and PATCH. Metrics and spans call other methods _OTHER (semantic conventions). */
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");
    /** The status of a request whose client disconnected before the response; as in nginx. */
    private static final int CLIENT_CLOSED_REQUEST = 499;
    private static final String CLIENT_DISCONNECTED = "client_disconnected";

    @Override
    public void handle(HttpExchange exchange) {
        long startNanos = System.nanoTime();
        String method = knownMethod(exchange.getRequestMethod());
        boolean matches = route.matches(exchange.getRequestURI().getPath());
        String template = matches ? route.template() : Route.UNMATCHED;
        String errorType = null;
        Throwable error = null;
        try {
            if (!route.untraced()) { // a scrape would count itself
                metrics.activeRequests(method).inc();
                tracing.route(method, template);
                String traceresponse = tracing.traceresponse();
                if (traceresponse != null) {
                    // W3C draft "Trace Context Level 2": tells the client which trace to search for.
                    exchange.getResponseHeaders().set("traceresponse", traceresponse);
                }
            }
            if (!matches) {
                throw Problem.notFound("There is nothing at this path; GET / lists the paths.");
            }
            route.handle(exchange);
        } catch (Problem problem) {
            errorType = send(exchange, problem) ? problem.type : CLIENT_DISCONNECTED;
        } catch (IOException e) {
            // Handlers turn failures of the service into problems, so this is a failure of the connection: the client
            // disconnected, was too slow, or sent malformed chunks.
            errorType = CLIENT_DISCONNECTED;
        } catch (Throwable thrown) {
            error = thrown;
            errorType = thrown.getClass().getName();
            send(exchange, Problem.internal());
        } finally {
            int status = exchange.getResponseCode() == -1 ? CLIENT_CLOSED_REQUEST : exchange.getResponseCode();
            long elapsedNanos = System.nanoTime() - startNanos;
            metrics.request(method, template, status, elapsedNanos);
            if (!route.untraced()) {
                setSpanError(status, errorType, error);
                metrics.activeRequests(method).dec();
            }
            writeLine(exchange, method, template, status, elapsedNanos, errorType, error);
            exchange.close();
        }
    }

    static String knownMethod(String method) {
        return METHODS.contains(method) ? method : "_OTHER";
    }

    private void setSpanError(int status, String errorType, Throwable error) {
        if (error != null) {
            tracing.failed(error);
        } else if (status >= 500) {
            tracing.failed(errorType == null ? Integer.toString(status) : errorType, "status " + status);
        } else if (errorType != null) {
            // A client error does not fail the server span (semantic conventions). A search finds the attribute.
            tracing.attribute("error.type", errorType);
        }
    }

    private void writeLine(HttpExchange exchange, String method, String template, int status, long elapsedNanos,
                           String errorType, Throwable error) {
        boolean notReady = route.untraced() && status == 503;
        Level level = error != null || status >= 500 && !notReady ? Level.ERROR
                : route.untraced() ? Level.DEBUG
                : status >= 400 ? Level.WARN : Level.INFO;
        var line = log.event(level, "http", message(status))
                .with("method", method)
                .with("path", exchange.getRequestURI().getRawPath())
                .with("route", template)
                .with("status", status)
                .with("duration_ms", Math.round(elapsedNanos / 1e3) / 1e3);
        if (error != null) {
            line.error(error);
        } else if (errorType != null) {
            line.with("error_type", errorType);
        }
        line.write();
    }

    private static String message(int status) {
        return status >= 500 ? "server error"
                : status == CLIENT_CLOSED_REQUEST ? "client disconnected"
                : status >= 400 ? "client error" : "request completed";
    }

    /** False when the client disconnected before the response. */
    private boolean send(HttpExchange exchange, Problem problem) {
        if (exchange.getResponseCode() != -1) {
            return true;
        }
        try {
            Responses.send(exchange, problem.status, "application/problem+json",
                    problem.document(route.untraced() ? null : tracing.traceId()));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
