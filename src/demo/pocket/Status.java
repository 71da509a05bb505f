package demo.pocket;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/** How the three inputs do: what came in, what is kept of it, and what is wrong. Any thread may ask. */
record Status(Scraper scraper, RequestMetrics metrics, LogFollower follower, LogStore logs, TraceStore traces, String otlp) {
    void write(JsonGenerator out) throws IOException {
        out.writeStartObject();
        out.writeObjectFieldStart("metrics");
        Scraper.Health health = scraper.health();
        out.writeStringField("from", scraper.target().toString());
        out.writeBooleanField("up", health.up());
        out.writeNumberField("since_millis", health.since().toEpochMilli());
        out.writeStringField("problem", health.problem());
        metrics.writeStatus(out);
        out.writeEndObject();
        out.writeObjectFieldStart("logs");
        out.writeStringField("from", follower.file().toString());
        out.writeStringField("problem", follower.problem());
        out.writeNumberField("too_long", follower.leftOut());
        logs.writeStatus(out);
        out.writeEndObject();
        out.writeObjectFieldStart("traces");
        out.writeStringField("from", otlp);
        traces.writeStatus(out);
        out.writeEndObject();
        out.writeEndObject();
    }
}
