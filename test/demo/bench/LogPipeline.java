package demo.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One way to write a request's line into a rotating file. All write the same fields, about 300 bytes:
 * timestamp, level, service, logger, thread, message, trace_id, span_id, method, path, route, status, duration_ms.
 */
interface LogPipeline extends AutoCloseable {
    String TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
    String SPAN_ID = "b7ad6b7169203331";
    int ROTATION_BYTES = 10_000_000;

    /** Called once on each thread before its first line. */
    default void enterThread() {
    }

    /** Logs one request; {@code path} differs from line to line and identifies the line. */
    void log(String path, double durationMillis);

    /** Whether every line is written and, with gzip, every rotated file is compressed. */
    boolean isDone() throws IOException;

    @Override
    void close() throws IOException;

    /** Opens a pipeline by its name, in a separate folder. */
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

    /** Whether a folder has at most {@code max} files that are not compressed. */
    static boolean hasAtMostPlainFiles(Path folder, int max) throws IOException {
        int plain = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                plain += file.toString().endsWith(".gz") ? 0 : 1;
            }
        }
        return plain <= max;
    }
}
