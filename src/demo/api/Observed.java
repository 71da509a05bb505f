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
 * The only place where a request becomes a log line, a sample and part of a trace; all three carry one trace id.
 *
 * <pre>
 *   agent's filter (opens the server span)
 *     Observed     ── starts the clock
 *       Route      ── answers, or throws
 *     Observed     ── answers what was thrown; names the span; sample; log line; in this order, inside the span
 *   agent's filter (ends the span)
 * </pre>
 *
 * <p>A {@link Problem} is answered as it is; anything else that is thrown is a 500 that says nothing of the inside and
 * an ERROR line with the stack trace. A client that has gone is no error of ours: the line says so.
 */
final class Observed implements HttpHandler {
    /** RFC 9110's and PATCH; anything else is _OTHER to metrics and spans, as the semantic conventions ask. */
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");
    /** The status of a request that got no answer; nginx's, which everyone's dashboards know. */
    private static final int CLIENT_CLOSED_REQUEST = 499;
    private static final String CLIENT_DISCONNECTED = "client_disconnected";

    private final Route route;
    private final Log log;
    private final Metrics metrics;
    private final Tracing tracing;

    Observed(Route route, Log log, Metrics metrics, Tracing tracing) {
        this.route = route;
        this.log = log;
        this.metrics = metrics;
        this.tracing = tracing;
    }

    @Override
    public void handle(HttpExchange exchange) {
        long startNanos = System.nanoTime();
        String method = METHODS.contains(exchange.getRequestMethod()) ? exchange.getRequestMethod() : "_OTHER";
        String template = route.matches(exchange.getRequestURI().getPath()) ? route.template() : Route.NOWHERE;
        String errorType = null;
        Throwable error = null;
        try {
            if (!route.quiet()) {
                metrics.activeRequests(method).inc(); // a scrape would always find itself
                tracing.route(method, template);
                // The W3C's draft of the answer to traceparent: which trace to look for.
                String traceresponse = tracing.traceresponse();
                if (traceresponse != null) {
                    exchange.getResponseHeaders().set("traceresponse", traceresponse);
                }
            }
            route.handle(exchange);
        } catch (Problem problem) {
            errorType = answered(exchange, problem) ? problem.type() : CLIENT_DISCONNECTED;
        } catch (IOException e) {
            // Handlers make problems of what fails on our side, so this is the exchange: its client stopped in the
            // middle, was too slow, or wrote chunks that are none.
            errorType = CLIENT_DISCONNECTED;
        } catch (Throwable thrown) {
            error = thrown;
            errorType = thrown.getClass().getName();
            answered(exchange, Problem.internal());
        } finally {
            int status = exchange.getResponseCode() == -1 ? CLIENT_CLOSED_REQUEST : exchange.getResponseCode();
            observe(exchange, method, template, status, System.nanoTime() - startNanos, errorType, error);
            if (!route.quiet()) {
                metrics.activeRequests(method).dec();
            }
            exchange.close();
        }
    }

    private void observe(HttpExchange exchange, String method, String template, int status, long elapsedNanos,
                         String errorType, Throwable error) {
        metrics.request(method, template, status, elapsedNanos);
        if (!route.quiet()) {
            if (error != null) {
                tracing.failed(error);
            } else if (status >= 500) {
                tracing.failed(errorType == null ? Integer.toString(status) : errorType, "answered " + status);
            } else if (errorType != null) {
                // A client's mistake is not the server span's error, but worth finding it by.
                tracing.attribute("error.type", errorType);
            }
        }
        Level level = status >= 500 ? Level.ERROR
                : route.quiet() ? Level.DEBUG
                : errorType != null ? Level.WARN : Level.INFO;
        if (log.enabled(level)) {
            var line = log.event(level, "http", errorType == null ? "request answered" : "request failed")
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
    }

    /** False when the client did not wait for it. */
    private boolean answered(HttpExchange exchange, Problem problem) {
        if (exchange.getResponseCode() != -1) {
            return true;
        }
        try {
            Exchanges.answer(exchange, problem.status(), "application/problem+json",
                    problem.document(route.quiet() ? null : tracing.traceId()));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
