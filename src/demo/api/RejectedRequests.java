package demo.api;

import demo.log.Log;
import demo.metrics.Metrics;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Pattern;

/**
 * Requests that the JDK's server rejects before any handler: a malformed request line or header, or a target without a
 * path such as {@code //menu}. The server sends an HTML response of its own and reports the rejection to its logger
 * only, so this handler of that logger writes the log line and records the sample. There is no span. The line is a WARN
 * "client error" also if the status is 501 (unknown Transfer-Encoding): the client caused it.
 *
 * <p>For a target such as {@code mailto:x} the JDK's search for a context throws a NullPointerException, and the server
 * closes the connection without a response. Its logger has the request line only, before that search.
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
        String message = entry.getMessage();
        if (message.endsWith("()")) {
            return; // an ordinary response: every request comes here, so the pattern would cost too much
        }
        if (message.startsWith("Exchange request line")) {
            String line = entry.getParameters()[0].toString();
            if (line.startsWith("/", line.indexOf(' ') + 1)) {
                return;
            }
            String[] words = line.split(" ", 3);
            if (words.length == 3 && isOpaque(words[1])) {
                record(words[0], words[1], 400, "target without a path: connection closed without a response");
            }
            return;
        }
        var rejection = REJECTION.matcher(message);
        if (rejection.matches()) {
            record(rejection.group(1), rejection.group(2), Integer.parseInt(rejection.group(3)), rejection.group(4));
        }
    }

    private void record(String requestMethod, String path, int status, String reason) {
        String method = RequestObserver.knownMethod(requestMethod);
        metrics.request(method, Route.UNMATCHED, status, 0);
        log.warn("http", "client error").with("method", method).with("path", path).with("route", Route.UNMATCHED)
                .with("status", status).with("duration_ms", 0.0).with("error_type", "rejected").with("reason", reason)
                .write();
    }

    private static boolean isOpaque(String target) {
        try {
            return new URI(target).isOpaque();
        } catch (URISyntaxException e) {
            return false; // the server sends 400
        }
    }

    @Override
    public void flush() { }

    @Override
    public void close() { }
}
