package demo.log;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;

/** A folder for one log, with a clock to move, a disk to break, and the console's words to read. */
final class Shelf {
    final Path folder;
    final Path file;
    final ManualClock clock = new ManualClock("2024-12-17T12:00:00Z");
    final BrokenDisk disk = new BrokenDisk();
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    long rotationBytes = 10_000_000;
    Duration compressionDelay = Duration.ofMinutes(15);

    Shelf(Path folder) {
        this.folder = folder;
        this.file = folder.resolve("app.log");
    }

    LogSettings settings() {
        return new LogSettings(file, Level.INFO, "api", rotationBytes, Duration.ofHours(24), Duration.ofDays(7), Long.MAX_VALUE,
                compressionDelay);
    }

    /** A log whose background work is done by the test's own calls. */
    Log open() throws IOException {
        var stream = new PrintStream(said, true, StandardCharsets.UTF_8);
        var console = new Console(stream, stream, clock, ZoneId.of("Z"));
        return Log.openWithoutBackground(settings(), CurrentSpan.NONE, clock, console, disk);
    }

    /** What the console said. */
    String said() {
        return said.toString(StandardCharsets.UTF_8);
    }

    List<Object> messages() throws IOException {
        return fields("message");
    }

    List<Object> fields(String name) throws IOException {
        return Lines.ofLog(file).stream().filter(line -> line.containsKey(name)).map(line -> line.get(name)).toList();
    }

    Map<String, Object> lastLine() throws IOException {
        return Lines.ofLog(file).getLast();
    }

    /** The names of all files but the hidden lock and the hidden next file. */
    List<String> names() throws IOException {
        return Lines.names(folder).stream().filter(name -> !name.equals(".app.log.lock") && !name.equals(".app.log.next")).toList();
    }

    void put(String name, String content) throws IOException {
        Files.writeString(folder.resolve(name), content);
    }
}
