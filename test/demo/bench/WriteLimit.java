package demo.bench;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * The upper bound: lines that are ready, one write(2) each under a lock. No encoding, no escaping, no clock; a rotation
 * is a rename. With gzip one background thread compresses the rotated files, as the demo's log does.
 */
final class WriteLimit implements LogPipeline {
    private final byte[][] lines = new byte[1 << 10][]; // few enough to stay in the processor's cache
    private final Path file;
    private final boolean gzip;
    private final ExecutorService background = Executors.newSingleThreadExecutor();
    private FileOutputStream out; // guarded by this, as are the following
    private int next;
    private long size;
    private int rotations;

    WriteLimit(Path folder, boolean gzip) throws IOException {
        this.gzip = gzip;
        file = folder.resolve("app.log");
        Arrays.setAll(lines, i -> String.format(Locale.ROOT, "{\"timestamp\":\"2026-11-23T09:47:15.%06dZ\","
                + "\"level\":\"INFO\",\"service\":\"api\",\"logger\":\"http\",\"thread\":\"producer-%d\","
                + "\"message\":\"request handled\",\"trace_id\":\"" + TRACE_ID + "\",\"span_id\":\"" + SPAN_ID
                + "\",\"method\":\"POST\",\"path\":\"/orders/o-%013d\",\"route\":\"/orders/{id}\",\"status\":201,"
                + "\"duration_ms\":%.3f}\n", i * 7, i % 8, i, 100 + i / 2.0).getBytes(StandardCharsets.US_ASCII));
        out = new FileOutputStream(file.toFile(), true);
    }

    @Override
    public synchronized void log(String path, double durationMillis) {
        byte[] line = lines[next++ & lines.length - 1];
        try {
            if (size + line.length > ROTATION_BYTES) {
                rotate();
            }
            out.write(line);
            size += line.length;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void rotate() throws IOException {
        out.close();
        Path rotated = Files.move(file, file.resolveSibling("app.log." + ++rotations));
        if (gzip) {
            background.execute(() -> compress(rotated));
        }
        out = new FileOutputStream(file.toFile(), true);
        size = 0;
    }

    private static void compress(Path rotated) {
        try (var to = new GZIPOutputStream(Files.newOutputStream(Path.of(rotated + ".gz")), 65_536) {{
            def.setLevel(Deflater.BEST_SPEED);
        }}) {
            Files.copy(rotated, to);
            Files.delete(rotated);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
