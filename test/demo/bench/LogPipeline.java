package demo.bench;

import java.io.IOException;
import java.nio.file.Path;

/**
 * One way to bring a request's line into a rotating file. All write the same fields, about 300 bytes:
 * timestamp, level, service, logger, thread, message, trace_id, span_id, method, path, route, status, duration_ms.
 */
interface LogPipeline extends AutoCloseable {
    String TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
    String SPAN_ID = "b7ad6b7169203331";
    int ROTATION_BYTES = 10_000_000;

    /** Called once on each thread before its first line. */
    default void enterThread() {
    }

    /** Logs one request; {@code path} is all that differs from line to line, and names it. */
    void log(String path, double durationMillis);

    /** Whether nothing is left to be written or compressed. */
    boolean isDone() throws IOException;

    @Override
    void close() throws IOException;

    /** The pipelines by name, each in a folder of its own. */
    static LogPipeline open(String name, Path folder, boolean gzip) throws IOException {
        return switch (name) {
            case "ours" -> new OurPipeline(folder, gzip);
            case "limit-write" -> new WriteLimit(folder, gzip, 1);
            case "limit-64k" -> new WriteLimit(folder, gzip, 64 * 1024);
            case "log4j-async" -> new Log4jPipeline(folder, gzip, true);
            case "log4j-sync" -> new Log4jPipeline(folder, gzip, false);
            case "logback-async" -> new LogbackPipeline(folder, gzip, true);
            case "logback-sync" -> new LogbackPipeline(folder, gzip, false);
            case "tinylog" -> new TinylogPipeline(folder, gzip);
            default -> throw new IllegalArgumentException("no pipeline is called " + name);
        };
    }
}
