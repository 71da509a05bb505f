package demo.tools.pocket;

import static java.util.stream.Collectors.toMap;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A span as the page shows it: one step of a request in one service. Ids are hexadecimal, {@code parent} is "" for a
 * root; times are epoch microseconds; attributes of any type are text.
 */
record SpanView(String id, String parent, String service, String name, String kind, long start, long end,
        boolean failed, String message, Map<String, String> attributes, List<Event> events) {
    /** Something that happened within a span, such as an exception. */
    record Event(long time, String name, Map<String, String> attributes) {}

    static SpanView of(Span span, String service) {
        List<Event> events = span.getEventsList().stream().map(event -> new Event(event.getTimeUnixNano() / 1000,
                event.getName(), attributes(event.getAttributesList()))).toList();
        return new SpanView(hex(span.getSpanId()), hex(span.getParentSpanId()), service, span.getName(),
                span.getKind().name().replace("SPAN_KIND_", "").toLowerCase(Locale.ROOT),
                span.getStartTimeUnixNano() / 1000, span.getEndTimeUnixNano() / 1000,
                span.getStatus().getCode() == StatusCode.STATUS_CODE_ERROR, span.getStatus().getMessage(),
                attributes(span.getAttributesList()), events);
    }

    static String hex(ByteString id) {
        return HexFormat.of().formatHex(id.toByteArray());
    }

    static Map<String, String> attributes(List<KeyValue> list) {
        return list.stream().collect(toMap(KeyValue::getKey, one -> text(one.getValue()), (_, last) -> last,
                LinkedHashMap::new));
    }

    private static String text(AnyValue value) {
        return switch (value.getValueCase()) {
            case STRING_VALUE -> value.getStringValue();
            case BOOL_VALUE -> String.valueOf(value.getBoolValue());
            case INT_VALUE -> String.valueOf(value.getIntValue());
            case DOUBLE_VALUE -> String.valueOf(value.getDoubleValue());
            case ARRAY_VALUE -> value.getArrayValue().getValuesList().stream().map(SpanView::text).toList().toString();
            case KVLIST_VALUE -> attributes(value.getKvlistValue().getValuesList()).toString();
            case BYTES_VALUE -> Base64.getEncoder().encodeToString(value.getBytesValue().toByteArray());
            default -> "";
        };
    }
}
