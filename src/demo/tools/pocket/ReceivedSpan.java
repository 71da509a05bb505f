package demo.tools.pocket;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import demo.json.Json;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import java.io.IOException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
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
    private static final String RESOURCE_SPANS = """
            {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":%s}}]},\
            "scopeSpans":[{"spans":[%s]}]}""";

    /** Throws IllegalArgumentException for a span beyond the limits or without valid ids. */
    static ReceivedSpan decode(ByteString bytes, String service) throws IOException {
        checkSize(bytes);
        Span span = Span.parseFrom(bytes);
        ByteString parent = span.getParentSpanId();
        OtlpReceiver.check(isId(span.getTraceId(), 16) && isId(span.getSpanId(), 8),
                "a span must have a trace id of 16 bytes and a span id of 8 bytes, not all zero");
        OtlpReceiver.check(parent.isEmpty() || parent.size() == 8, "a parent span id must have 0 or 8 bytes");
        boolean root = !isId(parent, 8); // some exporters write 8 zero bytes for no parent
        if (root) {
            span = span.toBuilder().clearParentSpanId().build();
        }
        long start = span.getStartTimeUnixNano() / 1000;
        return new ReceivedSpan(HexFormat.of().formatHex(span.getTraceId().toByteArray()),
                span.getSpanId().asReadOnlyByteBuffer().getLong(), service, cut(span.getName()),
                root, span.getStatus().getCode() == StatusCode.STATUS_CODE_ERROR,
                text(span.getAttributesList(), "http.route"),
                text(span.getAttributesList(), "http.response.status_code"),
                start, Math.max(start, span.getEndTimeUnixNano() / 1000), span.toByteArray());
    }

    static String serviceName(ByteString resource) throws IOException {
        checkSize(resource);
        return text(Resource.parseFrom(resource).getAttributesList(), "service.name");
    }

    /** An upper bound in bytes. */
    long memory() {
        return OBJECT_BYTES + bytes.length + 2L * (service.length() + name.length() + route.length() + status.length());
    }

    /** A ResourceSpans of OTLP/JSON: protobuf's JSON mapping, but ids are hexadecimal and enums are numbers. */
    String json() throws IOException {
        return RESOURCE_SPANS.formatted(new String(Json.write(service), UTF_8),
                new String(Json.write(fields(Span.parseFrom(bytes))), UTF_8));
    }

    private static Map<String, Object> fields(Message message) {
        var fields = new LinkedHashMap<String, Object>();
        message.getAllFields().forEach((field, value) -> fields.put(field.getJsonName(),
                value instanceof List<?> list ? list.stream().map(one -> value(field, one)).toList()
                        : value(field, value)));
        return fields;
    }

    private static Object value(FieldDescriptor field, Object value) {
        return switch (value) {
            case Message message -> fields(message);
            case EnumValueDescriptor constant -> constant.getNumber();
            case Long number -> number.toString(); // JSON's numbers have 53 bits in many readers
            case ByteString id when field.getName().endsWith("_id") -> HexFormat.of().formatHex(id.toByteArray());
            case ByteString bytes -> Base64.getEncoder().encodeToString(bytes.toByteArray());
            default -> value;
        };
    }

    private static void checkSize(ByteString message) {
        OtlpReceiver.check(message.size() <= MAX_BYTES, "a span must have at most " + MAX_BYTES + " bytes");
    }

    private static boolean isId(ByteString id, int length) {
        return id.size() == length && !id.equals(ByteString.copyFrom(new byte[length]));
    }

    private static String text(List<KeyValue> attributes, String key) {
        for (KeyValue attribute : attributes) {
            if (attribute.getKey().equals(key)) {
                AnyValue value = attribute.getValue();
                return cut(value.hasIntValue() ? String.valueOf(value.getIntValue()) : value.getStringValue());
            }
        }
        return "";
    }

    private static String cut(String text) {
        return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) + '…' : text;
    }
}
