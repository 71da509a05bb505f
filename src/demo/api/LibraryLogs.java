package demo.api;

import demo.log.Log;
import demo.metrics.Metrics;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Receives what the JDK's server and the libraries report to java.util.logging. Without this handler java.util.logging
 * prints on the console, and a client could flood the console.
 *
 * <p>The JDK's server rejects some requests before any handler: a malformed request line or header, or a target without
 * a path such as {@code //menu}. It sends an HTML response of its own and reports the rejection only here. This class
 * writes the request's log line and records its sample; there is no span.
 *
 * <p>For a target such as {@code mailto:x} the JDK's search for a context throws a NullPointerException, and the server
 * closes the connection without a response. Only the record "Exchange request line" mentions such a request.
 */
final class LibraryLogs extends Handler {
    /** {@code GET //menu HTTP/1.1 [404 Not Found] (No context found for request)} */
    private static final Pattern REJECTION =
            Pattern.compile("(\\S*) ?(.*?)(?: HTTP/[\\d.]+)? \\[(\\d{3})[^]]*] \\(([^()]+)\\)", Pattern.DOTALL);

    // A strong reference: java.util.logging forgets the level of a logger that is garbage collected.
    private static final Logger SERVER_LOGGER = Logger.getLogger("com.sun.net.httpserver");

    private final Log log;
    private final Metrics metrics;

    private LibraryLogs(Log log, Metrics metrics) {
        this.log = log;
        this.metrics = metrics;
    }

    /** Replaces the console as the target of java.util.logging. */
    static void observe(Log log, Metrics metrics) {
        Logger root = Logger.getLogger("");
        Stream.of(root.getHandlers()).forEach(root::removeHandler);
        root.addHandler(new LibraryLogs(log, metrics));
        SERVER_LOGGER.setLevel(Level.FINE);
    }

    @Override
    public void publish(LogRecord entry) {
        String message = String.valueOf(entry.getMessage());
        boolean warning = entry.getLevel().intValue() >= Level.WARNING.intValue();
        if (warning || !SERVER_LOGGER.getName().equals(entry.getLoggerName())) {
            log.event(warning ? demo.log.Level.WARN : demo.log.Level.INFO, entry.getLoggerName(),
                    new SimpleFormatter().formatMessage(entry)).error(entry.getThrown()).write();
        } else if (message.startsWith("Exchange request line")) {
            String line = entry.getParameters()[0].toString();
            if (!line.startsWith("/", line.indexOf(' ') + 1)) {
                String[] words = line.split(" ", 3);
                if (words.length == 3 && isOpaque(words[1])) {
                    record(words[0], words[1], 400, "target without a path: connection closed without a response");
                }
            }
        } else if (!message.endsWith("()")) { // the record of a handled request ends in (); the pattern is slow
            var match = REJECTION.matcher(message);
            if (match.matches()) {
                record(match.group(1), match.group(2), Integer.parseInt(match.group(3)), match.group(4));
            }
        }
    }

    private void record(String requestMethod, String path, int status, String reason) {
        String method = RequestObserver.knownMethod(requestMethod);
        // The server responds 501 to an unknown Transfer-Encoding. That is the client's mistake, and a 5xx sample would
        // count as an error of the service. The line has the real status.
        metrics.request(method, Route.UNMATCHED, status == 501 ? 400 : status, 0);
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
