package demo.bench;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeAndTimeBasedRollingPolicy;
import ch.qos.logback.core.util.FileSize;
import java.io.IOException;
import java.nio.file.Path;
import net.logstash.logback.encoder.LogstashEncoder;

/** Logback with the logstash encoder, a rolling file; when async, an AsyncAppender that never drops. */
final class LogbackPipeline implements LogPipeline {
    private final Path folder;
    private final boolean gzip;
    private final LoggerContext context = new LoggerContext();
    private final Logger logger = context.getLogger("http");
    /** Not started, and empty, when sync. */
    private final AsyncAppender queue = new AsyncAppender();

    LogbackPipeline(Path folder, boolean gzip, boolean async) {
        this.folder = folder;
        this.gzip = gzip;
        context.setMDCAdapter(new ch.qos.logback.classic.util.LogbackMDCAdapter());
        var encoder = new LogstashEncoder();
        encoder.setContext(context);
        encoder.setCustomFields("{\"service\":\"api\"}");
        encoder.setTimeZone("UTC");
        encoder.start();
        var file = new RollingFileAppender<ILoggingEvent>();
        file.setContext(context);
        file.setFile(folder.resolve("app.log").toString());
        file.setImmediateFlush(true);
        var rolling = new SizeAndTimeBasedRollingPolicy<ILoggingEvent>();
        rolling.setContext(context);
        rolling.setParent(file);
        rolling.setFileNamePattern(folder + "/app.log.%d{yyyy-MM-dd}.%i" + (gzip ? ".gz" : ""));
        rolling.setMaxFileSize(new FileSize(ROTATION_BYTES));
        rolling.start();
        file.setRollingPolicy(rolling);
        file.setEncoder(encoder);
        file.start();
        var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.INFO);
        if (async) {
            queue.setContext(context);
            queue.setQueueSize(8192);
            queue.setDiscardingThreshold(0);
            queue.addAppender(file);
            queue.start();
            root.addAppender(queue);
        } else {
            root.addAppender(file);
        }
    }

    @Override
    public void enterThread() {
        context.getMDCAdapter().put("trace_id", TRACE_ID);
        context.getMDCAdapter().put("span_id", SPAN_ID);
    }

    @Override
    public void log(String path, double durationMillis) {
        logger.atInfo().addKeyValue("method", "POST").addKeyValue("path", path).addKeyValue("route", "/orders/{id}")
                .addKeyValue("status", 201).addKeyValue("duration_ms", durationMillis).log("request handled");
    }

    @Override
    public boolean isDone() throws IOException {
        return (!queue.isStarted() || queue.getNumberOfElementsInQueue() == 0)
                && (!gzip || LogPipeline.hasAtMostPlainFiles(folder, 1));
    }

    @Override
    public void close() {
        context.stop();
    }
}
