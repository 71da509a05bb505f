package demo.log;

import demo.json.Json;
import demo.json.JsonException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** Reads log files. The parser is strict: UTF-8, no field twice. */
public final class Lines {
    private Lines() {
    }

    /** The fields of one line in their order; throws if the line is not one JSON object in UTF-8. */
    public static Map<String, Object> parse(byte[] line) {
        try {
            Map<String, Object> fields = Json.read(line).fields();
            fields.replaceAll((_, value) -> value instanceof Integer number ? number.longValue() : value);
            return fields;
        } catch (JsonException e) {
            throw new IllegalArgumentException("in " + new String(line, StandardCharsets.UTF_8), e);
        }
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
