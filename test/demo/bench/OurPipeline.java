package demo.bench;

import demo.log.Console;
import demo.log.CurrentSpan;
import demo.log.Level;
import demo.log.Log;
import demo.log.LogSettings;
import demo.log.LogStats;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;

/** This project's log. */
final class OurPipeline implements LogPipeline {
    private static final CurrentSpan SPAN = new CurrentSpan(() -> TRACE_ID, () -> SPAN_ID);

    private final Log log;
    private final boolean gzip;

    OurPipeline(Path folder, boolean gzip) throws IOException {
        this.gzip = gzip;
        var clock = InstantSource.system();
        var delay = gzip ? Duration.ZERO : Duration.ofHours(1);
        log = Log.open(new LogSettings(folder.resolve("app.log"), Level.INFO, "api", ROTATION_BYTES,
                Duration.ofHours(24), Duration.ofDays(7), Long.MAX_VALUE, delay), SPAN, clock, Console.standard(clock));
    }

    @Override
    public void log(String path, double durationMillis) {
        log.info("http", "request handled").with("method", "POST").with("path", path)
                .with("route", "/orders/{id}").with("status", 201).with("duration_ms", durationMillis).write();
    }

    @Override
    public boolean isDone() {
        LogStats stats = log.stats();
        return !gzip || stats.compressions() + stats.compressionFailures() >= stats.rotations();
    }

    @Override
    public void close() {
        log.close();
    }
}
