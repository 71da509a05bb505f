package demo.api;

import demo.log.Log;
import demo.metrics.Metrics;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Pattern;

/**
 * Requests that the JDK's server rejects before any handler: a malformed request line or header, or a target without a
 * path such as {@code //menu}. The server sends an HTML response of its own and reports the rejection to its logger
 * only, so this handler of that logger writes the log line and records the sample. There is no span.
 */
final class RejectedRequests extends Handler {
    /** {@code GET //menu HTTP/1.1 [404 Not Found] (No context found for request)}. Other requests end in {@code ()}. */
    private static final Pattern REJECTION =
            Pattern.compile("(\\S*) ?(.*?)(?: HTTP/[\\d.]+)? \\[(\\d{3})[^]]*] \\(([^()]+)\\)", Pattern.DOTALL);

    // A strong reference: java.util.logging forgets the level of a logger that is garbage collected.
    private static final Logger SERVER_LOGGER = Logger.getLogger("com.sun.net.httpserver");

    private final Log log;
    private final Metrics metrics;

    private RejectedRequests(Log log, Metrics metrics) {
        this.log = log;
        this.metrics = metrics;
    }

    static void observe(Log log, Metrics metrics) {
        SERVER_LOGGER.setUseParentHandlers(false);
        SERVER_LOGGER.addHandler(new RejectedRequests(log, metrics));
        SERVER_LOGGER.setLevel(Level.FINE);
    }

    @Override
    public void publish(LogRecord entry) {
        var rejection = REJECTION.matcher(entry.getMessage());
        if (rejection.matches()) {
            String method = RequestObserver.knownMethod(rejection.group(1));
            int status = Integer.parseInt(rejection.group(3));
            metrics.request(method, Route.UNMATCHED, status, 0);
            log.warn("http", RequestObserver.message(status)).with("method", method).with("path", rejection.group(2))
                    .with("route", Route.UNMATCHED).with("status", status).with("duration_ms", 0.0)
                    .with("error_type", "rejected").with("reason", rejection.group(4)).write();
        }
    }

    @Override
    public void flush() { }

    @Override
    public void close() { }
}
