package demo.log;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A folder for one log, with a clock that the test moves, a disk that can fail, and what the console printed. */
abstract class LogFixture {
    @TempDir
    Path folder;
    Path file;
    Log log; // the one opened last
    private volatile Instant now = Instant.parse("2024-12-17T12:00:00Z");
    final FailingDisk disk = new FailingDisk();
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    Level level = Level.INFO;
    CurrentSpan span = CurrentSpan.NONE;
    long rotationBytes = 1_000;
    long retentionBytes = Long.MAX_VALUE;
    Duration compressionDelay = Duration.ofMinutes(15);

    @BeforeEach
    void setFile() {
        file = folder.resolve("app.log");
    }

    @AfterEach
    void closeLog() {
        if (log != null) {
            log.close();
        }
    }

    /** A log without its thread: the test calls check() and maintainRotatedFiles(). */
    void open() throws IOException {
        open(file);
    }

    void open(Path logFile) throws IOException {
        var settings = new LogSettings(logFile, level, "api", rotationBytes, Duration.ofHours(24),
                Duration.ofDays(7), retentionBytes, compressionDelay);
        InstantSource clock = () -> now;
        var stream = new PrintStream(printed, true, StandardCharsets.UTF_8);
        var console = new Console(stream, stream, clock, ZoneId.of("Z"));
        log = Log.openWithoutBackground(settings, span, clock, console, disk);
    }

    /** Lines of about 150 bytes. */
    void write(String... messages) {
        for (String message : messages) {
            log.info("l", message).with("padding", "x".repeat(20)).write();
        }
    }

    void writeUntilRotated() {
        long before = log.stats().rotations();
        for (int n = 0; log.stats().rotations() == before; n++) {
            write("line " + n);
        }
    }

    /** Compresses every file whose delay has passed. */
    void compressAll() {
        while (log.maintainRotatedFiles()) {
            assertTrue(log.stats().compressions() < 3, "compresses without an end");
        }
    }

    void moveClock(Duration by) {
        now = now.plus(by);
    }

    String printed() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    List<Object> messages() throws IOException {
        return Lines.ofLog(file).stream().map(line -> line.get("message")).toList();
    }

    Map<String, Object> lastLine() throws IOException {
        return Lines.ofLog(file).getLast();
    }

    /** All files but the lock file. */
    List<String> names() throws IOException {
        return Lines.names(folder).stream().filter(name -> !name.equals(".app.log.lock")).toList();
    }

    Path put(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    /** A disk that is full or read-only on demand. */
    static final class FailingDisk extends Disk {
        /** Bytes that can still be written. */
        long bytesLeft = Long.MAX_VALUE;
        boolean failsToOpen;
        boolean failsToRename;

        @Override
        FileOutputStream append(Path file) throws IOException {
            if (failsToOpen) {
                throw new IOException("Read-only file system");
            }
            return new FileOutputStream(file.toFile(), true) {
                @Override
                public void write(byte[] bytes, int from, int length) throws IOException {
                    int fits = (int) Math.min(length, bytesLeft);
                    super.write(bytes, from, fits);
                    bytesLeft -= fits;
                    if (fits < length) {
                        throw new IOException("No space left on device");
                    }
                }
            };
        }

        @Override
        void rename(Path from, Path to) throws IOException {
            if (failsToRename) {
                throw new IOException("Permission denied");
            }
            super.rename(from, to);
        }
    }
}
