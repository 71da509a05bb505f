package demo.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** Reads log files with a strict JSON parser. */
public final class Lines {
    private static final JsonFactory STRICT = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private Lines() {
    }

    /** The fields of one line in their order; throws if the line is not one flat JSON object in UTF-8. */
    public static Map<String, Object> parse(byte[] line) {
        try (JsonParser json = STRICT.createParser(decoded(line))) {
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

    private static String decoded(byte[] line) throws CharacterCodingException {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
    }

    /** Every line of one file, plain or compressed; the last line must end with a newline. */
    public static List<byte[]> of(Path file) throws IOException {
        try (InputStream in = file.toString().endsWith(".gz")
                ? new GZIPInputStream(Files.newInputStream(file)) : Files.newInputStream(file)) {
            return split(in.readAllBytes(), file);
        }
    }

    private static List<byte[]> split(byte[] bytes, Path file) throws IOException {
        List<byte[]> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                lines.add(new ByteArrayInputStream(bytes, start, i - start).readAllBytes());
                start = i + 1;
            }
        }
        if (start < bytes.length) {
            throw new IOException(file + " ends with an incomplete line");
        }
        return lines;
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
        String base = file.getFileName().toString();
        List<LogFileName> names = new ArrayList<>();
        for (String name : names(file.toAbsolutePath().getParent())) {
            LogFileName.parse(base, name).ifPresent(names::add);
        }
        names.sort(null);
        List<Path> parts = new ArrayList<>(names.stream().map(n -> file.resolveSibling(n.toString())).toList());
        if (Files.exists(file)) {
            parts.add(file);
        }
        return parts;
    }

    /** All entries of a folder, sorted. */
    static List<String> names(Path folder) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        }
        names.sort(null);
        return names;
    }
}
