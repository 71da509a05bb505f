package demo.api;

import demo.log.Console;
import demo.log.Log;
import demo.trace.SpanExport;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Tells when spans stop reaching their endpoint and when they flow again: one line each, however long it lasts. */
final class SpanWatch implements AutoCloseable {
    private final SpanExport export;
    private final Log log;
    private final Console console;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("span-watch").factory());
    private boolean down; // the timer's thread only
    private long failedBefore; // the timer's thread only

    SpanWatch(SpanExport export, Log log, Console console) {
        this.export = export;
        this.log = log;
        this.console = console;
    }

    void start() {
        if (export.endpoint() == null) {
            console.say("traces stay here: OTEL_EXPORTER_OTLP_ENDPOINT is not set");
            log.info("trace", "traces stay here: OTEL_EXPORTER_OTLP_ENDPOINT is not set").write();
            return;
        }
        console.say("traces go to " + export.endpoint());
        timer.scheduleWithFixedDelay(this::look, 1, 1, TimeUnit.SECONDS);
    }

    private void look() {
        if (export.down() == down) {
            return;
        }
        down = !down;
        long failed = export.failed();
        if (down) {
            log.warn("trace", "spans are lost: the OTLP endpoint does not take them").with("endpoint", export.endpoint())
                    .with("error", export.lastError()).write();
            console.warn("spans are lost: " + export.endpoint() + " does not take them");
        } else {
            log.info("trace", "spans flow again").with("endpoint", export.endpoint())
                    .with("spans_lost", failed - failedBefore).write();
            console.say("spans flow again; " + (failed - failedBefore) + " were lost");
            failedBefore = failed;
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
