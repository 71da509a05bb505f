package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Logs hostile characters and names; a strict parser must read back the same fields in the same order. */
public final class EncoderFuzz {
    private static final List<String> USUAL = List.of("timestamp", "level", "service", "logger", "thread");
    private static final LineDisk DISK = new LineDisk();
    private static final Log LOG = log();

    private final FuzzedDataProvider random;

    private EncoderFuzz(FuzzedDataProvider random) {
        this.random = random;
    }

    private static Log log() {
        try {
            var settings = new LogSettings(Files.createTempDirectory("fuzz").resolve("app.log"), Level.INFO, "api",
                    1L << 50, Duration.ofHours(24), Duration.ofDays(7), Long.MAX_VALUE, Duration.ofMinutes(15));
            return Log.openWithoutBackground(settings, CurrentSpan.NONE, InstantSource.fixed(Instant.EPOCH),
                    Console.silent(), DISK);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        Map<String, Object> logged = new EncoderFuzz(data).logOne(LOG);
        Map<String, Object> read = Lines.parse(DISK.line);
        read.keySet().removeAll(USUAL);
        assertEquals(logged, read);
        assertEquals(List.copyOf(logged.keySet()), List.copyOf(read.keySet()));
    }

    private int below(int bound) {
        return random.consumeInt(0, bound - 1);
    }

    /** Returns the fields that must be read back. */
    private Map<String, Object> logOne(Log log) {
        Map<String, Object> fields = new LinkedHashMap<>();
        String message = anything();
        LogEvent line = log.info("l", message);
        fields.put("message", readable(message));
        for (int f = below(4); f > 0; f--) {
            String name = anything();
            put(fields, readable(name), anyValue(line, name));
        }
        line.write();
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

    /** Keeps the last line, without its newline, and fails on a newline inside it. */
    private static final class LineDisk extends Disk {
        private byte[] line;

        @Override
        FileOutputStream append(Path file) throws IOException {
            return new FileOutputStream(file.toFile(), true) {
                @Override
                public void write(byte[] bytes, int from, int length) throws IOException {
                    line = Arrays.copyOfRange(bytes, from, from + length - 1);
                    for (byte b : line) {
                        if (b >= 0 && b < 0x20 || b == 0x7f) {
                            throw new IOException("a control character in the line");
                        }
                    }
                }
            };
        }
    }
}
