package demo.tools.pocket;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import java.io.IOException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A span as it arrived, encoded, with the values that lists and filters need. A span has at most {@value #MAX_BYTES}
 * bytes, because two bytes of a message can become an object of 100 bytes.
 *
 * @param trace  trace id, hexadecimal
 * @param id     span id
 * @param root   whether the span has no parent
 * @param error  whether the span's status is ERROR
 * @param status HTTP status code, "" if absent; like service, name and route at most {@value #MAX_TEXT} characters
 * @param start  epoch microseconds, like end, which is not before it
 * @param bytes  the encoded span
 */
record ReceivedSpan(String trace, long id, String service, String name, boolean root, boolean error, String route,
        String status, long start, long end, byte[] bytes) {
    static final int MAX_BYTES = 64 << 10;
    private static final int MAX_TEXT = 200;
    private static final int OBJECT_BYTES = 450; // beside the encoded span and the characters

    /** A span for the read API: {@code start} and {@code time} in epoch seconds, {@code parent} "" for a root. */
    record Decoded(String span, String parent, String name, String kind, String service, double start, double seconds,
            boolean error, String message, Map<String, Object> attributes, List<Event> events) {}

    record Event(String name, double time, Map<String, Object> attributes) {}

    /** Throws IllegalArgumentException for a span beyond the limits or without valid ids. */
    static ReceivedSpan decode(ByteString bytes, String service) throws IOException {
        checkSize(bytes);
        Span span = Span.parseFrom(bytes);
        ByteString parent = span.getParentSpanId();
        OtlpReceiver.check(isId(span.getTraceId(), 16) && isId(span.getSpanId(), 8),
                "a span must have a trace id of 16 bytes and a span id of 8 bytes, not all zero");
        OtlpReceiver.check(parent.isEmpty() || parent.size() == 8, "a parent span id must have 0 or 8 bytes");
        boolean root = !isId(parent, 8); // some exporters write 8 zero bytes for no parent
        Map<String, Object> attributes = values(span.getAttributesList());
        long start = span.getStartTimeUnixNano() / 1000;
        return new ReceivedSpan(hex(span.getTraceId()), span.getSpanId().asReadOnlyByteBuffer().getLong(), service,
                cut(span.getName()), root, span.getStatus().getCode() == StatusCode.STATUS_CODE_ERROR,
                text(attributes, "http.route"), text(attributes, "http.response.status_code"),
                start, Math.max(start, span.getEndTimeUnixNano() / 1000), bytes.toByteArray());
    }

    Decoded decoded() throws IOException {
        Span span = Span.parseFrom(bytes);
        return new Decoded(hex(span.getSpanId()), root ? "" : hex(span.getParentSpanId()), span.getName(),
                span.getKind().name().toLowerCase(Locale.ROOT).replace("span_kind_", ""), service, start / 1e6,
                (end - start) / 1e6, error, span.getStatus().getMessage(), values(span.getAttributesList()),
                span.getEventsList().stream().map(event -> new Event(event.getName(), event.getTimeUnixNano() / 1e9,
                        values(event.getAttributesList()))).toList());
    }

    static String serviceName(ByteString resource) throws IOException {
        checkSize(resource);
        return text(values(Resource.parseFrom(resource).getAttributesList()), "service.name");
    }

    /** An upper bound in bytes. */
    long memory() {
        return OBJECT_BYTES + bytes.length + 2L * (service.length() + name.length() + route.length() + status.length());
    }

    private static Map<String, Object> values(List<KeyValue> attributes) {
        var values = new LinkedHashMap<String, Object>();
        attributes.forEach(attribute -> values.put(attribute.getKey(), value(attribute.getValue())));
        return values;
    }

    private static Object value(AnyValue value) {
        return switch (value.getValueCase()) {
            case STRING_VALUE -> value.getStringValue();
            case BOOL_VALUE -> value.getBoolValue();
            case INT_VALUE -> value.getIntValue();
            case DOUBLE_VALUE -> value.getDoubleValue();
            default -> value.toString(); // a list, a map or bytes
        };
    }

    private static void checkSize(ByteString message) {
        OtlpReceiver.check(message.size() <= MAX_BYTES, "a span must have at most " + MAX_BYTES + " bytes");
    }

    private static boolean isId(ByteString id, int length) {
        return id.size() == length && !id.equals(ByteString.copyFrom(new byte[length]));
    }

    private static String hex(ByteString id) {
        return HexFormat.of().formatHex(id.toByteArray());
    }

    private static String text(Map<String, Object> attributes, String key) {
        return cut(attributes.getOrDefault(key, "").toString());
    }

    private static String cut(String text) {
        return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) + '…' : text;
    }
}
