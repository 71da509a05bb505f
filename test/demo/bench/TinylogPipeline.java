package demo.bench;

import java.nio.file.Path;
import org.tinylog.Logger;
import org.tinylog.ThreadContext;
import org.tinylog.configuration.Configuration;

/** tinylog with its rolling file. Its JSON writer cannot rotate, so a pattern writes JSON without escaping. */
final class TinylogPipeline implements LogPipeline {
    TinylogPipeline(Path folder, boolean gzip) {
        Configuration.set("writer", "rolling file");
        Configuration.set("writer.file", folder + "/app.log.{count}");
        Configuration.set("writer.latest", folder + "/app.log");
        Configuration.set("writer.policies", "size: " + ROTATION_BYTES);
        if (gzip) {
            Configuration.set("writer.convert", "gzip");
        }
        Configuration.set("writer.format", "{opening-curly-bracket}"
                + "\"timestamp\":\"{date: yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'}\","
                + "\"level\":\"{level}\",\"service\":\"api\",\"logger\":\"{class}\",\"thread\":\"{thread}\","
                + "\"message\":\"request handled\",\"trace_id\":\"{context: trace_id}\","
                + "\"span_id\":\"{context: span_id}\",{message}{closing-curly-bracket}");
    }

    @Override
    public void enterThread() {
        ThreadContext.put("trace_id", TRACE_ID);
        ThreadContext.put("span_id", SPAN_ID);
    }

    @Override
    public void log(String path, double durationMillis) {
        Logger.info("\"method\":\"POST\",\"path\":\"" + path + "\",\"route\":\"/orders/{id}\",\"status\":201,"
                + "\"duration_ms\":" + durationMillis);
    }
}
