package demo.bench;

import java.io.IOException;
import java.nio.file.Path;

/**
 * One way to write a request's line into a rotating file. All write the same fields, about 300 bytes:
 * timestamp, level, service, logger, thread, message, trace_id, span_id, method, path, route, status, duration_ms.
 * The current file is {@code app.log}. None is closed: the process ends.
 */
interface LogPipeline {
    String TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
    String SPAN_ID = "b7ad6b7169203331";
    int ROTATION_BYTES = 10_000_000;

    /** Called once on each thread before its first line. */
    default void enterThread() {
    }

    /** Logs one request; {@code path} and the duration differ from line to line. */
    void log(String path, double durationMillis);

    /** Whether every line is written. */
    default boolean isQueueEmpty() {
        return true;
    }

    /** Opens a pipeline by its name. */
    static LogPipeline open(String name, Path folder, boolean gzip) throws IOException {
        return switch (name) {
            case "ours" -> new OurPipeline(folder, gzip);
            case "limit-write" -> new WriteLimit(folder, gzip);
            case "log4j-async" -> new Log4jPipeline(folder, gzip, true);
            case "log4j-sync" -> new Log4jPipeline(folder, gzip, false);
            case "logback-async" -> new LogbackPipeline(folder, gzip, true);
            case "logback-sync" -> new LogbackPipeline(folder, gzip, false);
            case "tinylog" -> new TinylogPipeline(folder, gzip);
            default -> throw new IllegalArgumentException("expected a pipeline's name, was " + name);
        };
    }
}
