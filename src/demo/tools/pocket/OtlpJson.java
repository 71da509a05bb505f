package demo.tools.pocket;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A message as OTLP/JSON: protobuf's JSON mapping, but ids are hexadecimal and enums are numbers. Other tools read the
 * same format.
 */
final class OtlpJson {
    private OtlpJson() {}

    static Map<String, Object> of(Message message) {
        var json = new LinkedHashMap<String, Object>();
        message.getAllFields().forEach((field, value) -> json.put(field.getJsonName(),
                value instanceof List<?> list ? list.stream().map(one -> value(field, one)).toList()
                        : value(field, value)));
        return json;
    }

    private static Object value(FieldDescriptor field, Object value) {
        return switch (value) {
            case Message message -> of(message);
            case EnumValueDescriptor constant -> constant.getNumber();
            case Long number -> number.toString(); // JSON's numbers have 53 bits in many readers
            case ByteString id when field.getName().endsWith("_id") -> HexFormat.of().formatHex(id.toByteArray());
            case ByteString bytes -> Base64.getEncoder().encodeToString(bytes.toByteArray());
            default -> value;
        };
    }
}
