package demo.pocket;

import static demo.pocket.Protobuf.FIXED64;
import static demo.pocket.Protobuf.LEN;
import static demo.pocket.Protobuf.VARINT;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.net.ProtocolException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One step of a request in one service, decoded from OTLP (opentelemetry/proto/trace/v1/trace.proto). Times are epoch
 * nanoseconds. {@code parent} is "" for a root; {@code trace} null and {@code id} "" where the sender gave none that counts.
 */
record Span(TraceId trace, String id, String parent, String name, String kind, long startNanos, long endNanos,
        boolean failed, String statusMessage, Map<String, Object> attributes, List<Event> events) {
    /** Something that happened within a span, such as an exception. */
    record Event(long timeNanos, String name, Map<String, Object> attributes) {}

    private static final String[] KINDS = {"", "internal", "server", "client", "producer", "consumer"};
    private static final int MAX_DEPTH = 32; // of lists in lists: a stack overflow is nobody's to cause

    /** Decodes the whole message, so that what is kept is known to be sound. */
    static Span decode(Protobuf in) throws ProtocolException {
        TraceId trace = null;
        String id = "";
        String parent = "";
        String name = "";
        int kind = 0;
        long start = 0;
        long end = 0;
        boolean failed = false;
        String message = "";
        var attributes = new LinkedHashMap<String, Object>();
        var events = new ArrayList<Event>();
        for (int tag; (tag = in.tag()) != 0; ) {
            switch (tag) {
                case 1 << 3 | LEN -> trace = traceId(in.bytes());
                case 2 << 3 | LEN -> id = spanId(in.bytes());
                case 4 << 3 | LEN -> parent = spanId(in.bytes());
                case 5 << 3 | LEN -> name = in.string();
                case 6 << 3 | VARINT -> kind = (int) in.varint();
                case 7 << 3 | FIXED64 -> start = in.fixed64();
                case 8 << 3 | FIXED64 -> end = in.fixed64();
                case 9 << 3 | LEN -> attribute(in.message(), attributes, 0);
                case 11 << 3 | LEN -> events.add(event(in.message()));
                case 15 << 3 | LEN -> {
                    Protobuf status = in.message();
                    for (int field; (field = status.tag()) != 0; ) {
                        switch (field) {
                            case 2 << 3 | LEN -> message = status.string();
                            case 3 << 3 | VARINT -> failed = status.varint() == 2; // STATUS_CODE_ERROR
                            default -> status.skip(field);
                        }
                    }
                }
                default -> in.skip(tag);
            }
        }
        return new Span(trace, id, parent, name, kind > 0 && kind < KINDS.length ? KINDS[kind] : "", start, end, failed, message,
                attributes, events);
    }

    private static TraceId traceId(byte[] bytes) {
        return bytes.length == 16 ? TraceId.parse(HexFormat.of().formatHex(bytes)) : null;
    }

    private static String spanId(byte[] bytes) {
        String id = HexFormat.of().formatHex(bytes);
        return bytes.length == 8 && !id.equals("0000000000000000") ? id : "";
    }

    private static Event event(Protobuf in) throws ProtocolException {
        long time = 0;
        String name = "";
        var attributes = new LinkedHashMap<String, Object>();
        for (int tag; (tag = in.tag()) != 0; ) {
            switch (tag) {
                case 1 << 3 | FIXED64 -> time = in.fixed64();
                case 2 << 3 | LEN -> name = in.string();
                case 3 << 3 | LEN -> attribute(in.message(), attributes, 0);
                default -> in.skip(tag);
            }
        }
        return new Event(time, name, attributes);
    }

    /** Reads a KeyValue into the map. */
    static void attribute(Protobuf in, Map<String, Object> attributes, int depth) throws ProtocolException {
        String key = "";
        Object value = "";
        for (int tag; (tag = in.tag()) != 0; ) {
            switch (tag) {
                case 1 << 3 | LEN -> key = in.string();
                case 2 << 3 | LEN -> value = value(in.message(), depth);
                default -> in.skip(tag);
            }
        }
        attributes.put(key, value);
    }

    private static Object value(Protobuf in, int depth) throws ProtocolException {
        if (depth == MAX_DEPTH) {
            throw new ProtocolException("attribute must be nested at most " + MAX_DEPTH + " deep");
        }
        Object value = "";
        for (int tag; (tag = in.tag()) != 0; ) {
            switch (tag) {
                case 1 << 3 | LEN -> value = in.string();
                case 2 << 3 | VARINT -> value = in.varint() != 0;
                case 3 << 3 | VARINT -> value = in.varint();
                case 4 << 3 | FIXED64 -> value = Double.longBitsToDouble(in.fixed64());
                case 5 << 3 | LEN -> {
                    var list = new ArrayList<>();
                    in.message().each(1, item -> list.add(value(item, depth + 1)));
                    value = list;
                }
                case 6 << 3 | LEN -> {
                    var map = new LinkedHashMap<String, Object>();
                    in.message().each(1, entry -> attribute(entry, map, depth + 1));
                    value = map;
                }
                case 7 << 3 | LEN -> value = Base64.getEncoder().encodeToString(in.bytes());
                default -> in.skip(tag);
            }
        }
        return value;
    }

    /** Writes it for the page, with times in microseconds after {@code originNanos}. */
    void write(JsonGenerator out, long originNanos, String service, String scope) throws IOException {
        out.writeStartObject();
        out.writeStringField("id", id);
        out.writeStringField("parent", parent);
        out.writeStringField("name", name);
        out.writeStringField("kind", kind);
        out.writeStringField("service", service);
        out.writeStringField("scope", scope);
        out.writeNumberField("start_micros", (startNanos - originNanos) / 1000);
        out.writeNumberField("duration_micros", (endNanos - startNanos) / 1000);
        out.writeBooleanField("failed", failed);
        out.writeStringField("status_message", statusMessage);
        write(out, "attributes", attributes);
        out.writeArrayFieldStart("events");
        for (Event event : events) {
            out.writeStartObject();
            out.writeStringField("name", event.name);
            out.writeNumberField("start_micros", (event.timeNanos - originNanos) / 1000);
            write(out, "attributes", event.attributes);
            out.writeEndObject();
        }
        out.writeEndArray();
        out.writeEndObject();
    }

    private static void write(JsonGenerator out, String name, Map<String, Object> attributes) throws IOException {
        out.writeObjectFieldStart(name);
        for (var attribute : attributes.entrySet()) {
            out.writeStringField(attribute.getKey(), attribute.getValue().toString());
        }
        out.writeEndObject();
    }
}
