package demo.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.ThreadContext;
import org.apache.logging.log4j.core.async.AsyncLoggerContext;
import org.apache.logging.log4j.message.StringMapMessage;

/** Log4j 2 with JsonTemplateLayout, a rolling file, and all loggers behind the disruptor when async. */
final class Log4jPipeline implements LogPipeline {
    private final Logger logger;

    Log4jPipeline(Path folder, boolean gzip, boolean async) throws IOException {
        Path template = folder.resolveSibling(folder.getFileName() + ".template.json");
        Files.writeString(template, """
                {"timestamp": {"$resolver": "timestamp", "pattern": {"format": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'",
                                                                      "timeZone": "UTC"}},
                 "level": {"$resolver": "level", "field": "name"},
                 "service": "api",
                 "logger": {"$resolver": "logger", "field": "name"},
                 "thread": {"$resolver": "thread", "field": "name"},
                 "message": {"$resolver": "map", "key": "message"},
                 "trace_id": {"$resolver": "mdc", "key": "trace_id"},
                 "span_id": {"$resolver": "mdc", "key": "span_id"},
                 "method": {"$resolver": "map", "key": "method"},
                 "path": {"$resolver": "map", "key": "path"},
                 "route": {"$resolver": "map", "key": "route"},
                 "status": {"$resolver": "map", "key": "status"},
                 "duration_ms": {"$resolver": "map", "key": "duration_ms"}}
                """);
        Path configuration = folder.resolveSibling(folder.getFileName() + ".log4j2.xml");
        Files.writeString(configuration, """
                <Configuration status="WARN">
                  <Appenders>
                    <RollingFile name="file" fileName="%1$s/app.log" filePattern="%1$s/app.log.%%d{yyyy-MM-dd}.%%i%2$s"
                                 immediateFlush="true">
                      <JsonTemplateLayout eventTemplateUri="file:%3$s"/>
                      <SizeBasedTriggeringPolicy size="%4$d"/>
                      <DefaultRolloverStrategy fileIndex="nomax"/>
                    </RollingFile>
                  </Appenders>
                  <Loggers><Root level="INFO"><AppenderRef ref="file"/></Root></Loggers>
                </Configuration>
                """.formatted(folder, gzip ? ".gz" : "", template, ROTATION_BYTES));
        System.setProperty("log4j2.configurationFile", configuration.toString());
        if (async) {
            System.setProperty("log4j2.contextSelector",
                    "org.apache.logging.log4j.core.async.AsyncLoggerContextSelector");
        }
        logger = LogManager.getLogger("http");
    }

    @Override
    public void enterThread() {
        ThreadContext.put("trace_id", TRACE_ID);
        ThreadContext.put("span_id", SPAN_ID);
    }

    @Override
    public void log(String path, double durationMillis) {
        logger.info(new StringMapMessage().with("message", "request handled").with("method", "POST")
                .with("path", path).with("route", "/orders/{id}").with("status", 201)
                .with("duration_ms", durationMillis));
    }

    @Override
    public boolean isQueueEmpty() {
        if (LogManager.getContext(false) instanceof AsyncLoggerContext async) {
            var queue = async.createRingBufferAdmin();
            return queue.getRemainingCapacity() == queue.getBufferSize();
        }
        return true;
    }
}
