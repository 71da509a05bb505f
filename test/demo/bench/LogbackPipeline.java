package demo.bench;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.joran.spi.JoranException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Logback with the logstash encoder, a rolling file; when async, an AsyncAppender that never drops. */
final class LogbackPipeline implements LogPipeline {
    private static final String CONFIGURATION = """
            <configuration>
              <appender name="file" class="ch.qos.logback.core.rolling.RollingFileAppender">
                <file>%1$s/app.log</file>
                <rollingPolicy class="ch.qos.logback.core.rolling.SizeAndTimeBasedRollingPolicy">
                  <fileNamePattern>%1$s/app.log.%%d{yyyy-MM-dd}.%%i%2$s</fileNamePattern>
                  <maxFileSize>%3$d</maxFileSize>
                </rollingPolicy>
                <encoder class="net.logstash.logback.encoder.LogstashEncoder">
                  <customFields>{"service":"api"}</customFields>
                  <timeZone>UTC</timeZone>
                </encoder>
              </appender>
              <appender name="queue" class="ch.qos.logback.classic.AsyncAppender">
                <queueSize>8192</queueSize>
                <discardingThreshold>0</discardingThreshold>
                <appender-ref ref="file"/>
              </appender>
              <root level="INFO"><appender-ref ref="%4$s"/></root>
            </configuration>
            """;

    private final LoggerContext context = new LoggerContext();
    private final Logger logger = context.getLogger("http");
    private final AsyncAppender queue; // null when sync

    LogbackPipeline(Path folder, boolean gzip, boolean async) {
        context.setMDCAdapter(new LogbackMDCAdapter());
        var configurator = new JoranConfigurator();
        configurator.setContext(context);
        try {
            configurator.doConfigure(new ByteArrayInputStream(CONFIGURATION.formatted(folder, gzip ? ".gz" : "",
                    ROTATION_BYTES, async ? "queue" : "file").getBytes(StandardCharsets.UTF_8)));
        } catch (JoranException e) {
            throw new IllegalStateException(e);
        }
        queue = (AsyncAppender) context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("queue");
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
    public boolean isQueueEmpty() {
        return queue == null || queue.getNumberOfElementsInQueue() == 0;
    }
}
