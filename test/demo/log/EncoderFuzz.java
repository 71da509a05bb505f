package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Logs hostile characters and names; a strict parser must read back the same fields in the same order. */
public final class EncoderFuzz {
    private static final List<String> USUAL = List.of("timestamp", "level", "service", "logger", "thread",
            "message");
    private static final Log LOG = log();

    private final FuzzedDataProvider random;

    private EncoderFuzz(FuzzedDataProvider random) {
        this.random = random;
    }

    private static Log log() {
        try {
            return Log.open(LogSettings.of(Files.createTempDirectory("fuzz").resolve("app.log"), "api"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        var fuzz = new EncoderFuzz(data);
        String message = fuzz.anything();
        LogEvent event = LOG.info("l", message);
        Map<String, Object> logged = fuzz.addFields(event);
        event.end();
        byte[] line = Arrays.copyOf(event.json.bytes, event.json.length - 1); // without its newline
        for (byte b : line) {
            assertTrue((b < 0 || b >= 0x20) && b != 0x7f, "a control character in the line");
        }
        Map<String, Object> read = Lines.parse(line);
        assertEquals(readable(message), read.get("message"));
        read.keySet().removeAll(USUAL);
        assertEquals(logged, read);
        assertEquals(List.copyOf(logged.keySet()), List.copyOf(read.keySet()));
    }

    private int below(int bound) {
        return random.consumeInt(0, bound - 1);
    }

    /** Returns the fields that must be read back. */
    private Map<String, Object> addFields(LogEvent line) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (int f = below(5); f > 0; f--) {
            String name = anything();
            put(fields, readable(name), anyValue(line, name));
        }
        return fields;
    }

    private Object anyValue(LogEvent line, String name) {
        switch (below(5)) {
            case 0 -> {
                long value = random.consumeLong() >> below(64);
                line.with(name, value);
                return value;
            }
            case 1 -> {
                double value = Double.longBitsToDouble(random.consumeLong());
                line.with(name, value);
                return Double.isFinite(value) ? (Object) value : Double.toString(value);
            }
            case 2 -> {
                boolean value = random.consumeBoolean();
                line.with(name, value);
                return value;
            }
            default -> {
                String value = anything();
                line.with(name, value);
                return readable(value);
            }
        }
    }

    /** A name that the line already has gets underscores as a prefix. */
    private static void put(Map<String, Object> fields, String name, Object value) {
        String free = name;
        while (fields.containsKey(free) || USUAL.contains(free)
                || List.of("trace_id", "span_id", "truncated_chars").contains(free)) {
            free = "_" + free;
        }
        fields.put(free, value);
    }

    /** Random text, mostly characters and names that need escaping or renaming. */
    private String anything() {
        if (below(8) == 0) {
            return List.of("level", "_level", "trace_id", "", "a", "_a", "message").get(below(7));
        }
        var text = new StringBuilder();
        for (int i = below(12); i > 0; i--) {
            switch (below(6)) {
                case 0 -> text.append((char) below(0x20));
                case 1 -> text.append("\"\\/{}[],:'".charAt(below(10)));
                case 2 -> text.append((char) (0xd800 + below(0x800)));
                case 3 -> text.append((char) below(0x10000));
                case 4 -> text.appendCodePoint(0x10000 + below(0x100000));
                default -> text.append((char) (0x20 + below(0x60)));
            }
        }
        return text.toString();
    }

    /** What a reader gets: half of a surrogate pair has no UTF-8 form. */
    private static String readable(String text) {
        var readable = new StringBuilder();
        text.codePoints().map(c -> c >= 0xd800 && c < 0xe000 ? 0xfffd : c).forEach(readable::appendCodePoint);
        return readable.toString();
    }
}
