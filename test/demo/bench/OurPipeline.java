package demo.bench;

import demo.log.Console;
import demo.log.CurrentSpan;
import demo.log.Level;
import demo.log.Log;
import demo.log.LogSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;

/** This project's log. */
final class OurPipeline implements LogPipeline {
    private final Log log;

    OurPipeline(Path folder, boolean gzip) throws IOException {
        var clock = InstantSource.system();
        var delay = gzip ? Duration.ZERO : Duration.ofHours(1);
        log = Log.open(new LogSettings(folder.resolve("app.log"), Level.INFO, "api", ROTATION_BYTES,
                Duration.ofHours(24), Duration.ofDays(7), Long.MAX_VALUE, delay),
                new CurrentSpan(() -> TRACE_ID, () -> SPAN_ID), clock, Console.standard(clock));
    }

    @Override
    public void log(String path, double durationMillis) {
        log.info("http", "request handled").with("method", "POST").with("path", path)
                .with("route", "/orders/{id}").with("status", 201).with("duration_ms", durationMillis).write();
    }
}
