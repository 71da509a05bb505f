package demo.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** Reads log files with a strict JSON parser. */
public final class Lines {
    private static final JsonFactory STRICT = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private Lines() {
    }

    /** The fields of one line in their order; throws if the line is not one flat JSON object in UTF-8. */
    public static Map<String, Object> parse(byte[] line) {
        try (JsonParser json = STRICT.createParser(
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString())) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("not an object");
            }
            Map<String, Object> fields = new LinkedHashMap<>();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                fields.put(name, value(json));
            }
            if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
                throw new IOException("not one object");
            }
            return fields;
        } catch (IOException e) {
            throw new UncheckedIOException("in " + new String(line, StandardCharsets.UTF_8), e);
        }
    }

    private static Object value(JsonParser json) throws IOException {
        return switch (json.nextToken()) {
            case VALUE_STRING -> json.getText();
            case VALUE_NUMBER_INT -> json.getLongValue();
            case VALUE_NUMBER_FLOAT -> json.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> throw new IOException("not a plain value");
        };
    }

    /** Every line of one file, plain or compressed; the last line must end with a newline. */
    public static List<byte[]> of(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file);
                InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in) {
            String[] lines = new String(plain.readAllBytes(), StandardCharsets.ISO_8859_1).split("\n", -1);
            if (!lines[lines.length - 1].isEmpty()) {
                throw new IOException(file + " ends with an incomplete line");
            }
            return Arrays.stream(lines, 0, lines.length - 1)
                    .map(line -> line.getBytes(StandardCharsets.ISO_8859_1)).toList();
        }
    }

    /** The fields of every line of a log, the rotated files first, oldest first. */
    public static List<Map<String, Object>> ofLog(Path file) throws IOException {
        List<Map<String, Object>> lines = new ArrayList<>();
        for (Path part : parts(file)) {
            of(part).forEach(line -> lines.add(parse(line)));
        }
        return lines;
    }

    /** A log's files: the rotated ones in order, then the current one where it exists. */
    public static List<Path> parts(Path file) throws IOException {
        Stream<Path> rotated = names(file.toAbsolutePath().getParent()).stream()
                .flatMap(name -> LogFileName.parse(file.getFileName().toString(), name).stream()).sorted()
                .map(name -> file.resolveSibling(name.toString()));
        return Stream.concat(rotated, Stream.of(file).filter(Files::exists)).toList();
    }

    /** All entries of a folder, sorted. */
    static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
