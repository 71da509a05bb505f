package demo.bench;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * What the machine can do at most: lines made beforehand, written by one write(2) a line under a lock, or by one
 * write(2) for every 64 KiB. No encoding, no escaping, no clock; a rotation is a rename. With gzip one background
 * thread compresses what was rotated, as ours does.
 */
final class WriteLimit implements LogPipeline {
    /** As many different ones as fit into a processor's cache. */
    private static final int LINES = 1 << 10;

    private final byte[][] lines = new byte[LINES][];
    private final Path folder;
    private final Path file;
    private final boolean gzip;
    private final ExecutorService background = Executors.newSingleThreadExecutor();
    private final AtomicInteger compressed = new AtomicInteger();
    // all guarded by this
    private final byte[] batch;
    private int next;
    private int filled;
    private FileOutputStream out;
    private long size;
    private int rotations;

    WriteLimit(Path folder, boolean gzip, int batchBytes) throws IOException {
        this.folder = folder;
        this.gzip = gzip;
        file = folder.resolve("app.log");
        for (int i = 0; i < LINES; i++) {
            lines[i] = line(i);
        }
        batch = new byte[Math.max(batchBytes, lines[0].length)];
        out = new FileOutputStream(file.toFile(), true);
    }

    /** All of the same length. */
    private static byte[] line(int i) {
        return String.format(Locale.ROOT, "{\"timestamp\":\"2026-11-23T09:47:15.%06dZ\",\"level\":\"INFO\",\"service\":\"api\","
                + "\"logger\":\"http\",\"thread\":\"producer-%d\",\"message\":\"request handled\",\"trace_id\":\"" + TRACE_ID
                + "\",\"span_id\":\"" + SPAN_ID + "\",\"method\":\"POST\",\"path\":\"/orders/o-%013d\","
                + "\"route\":\"/orders/{id}\",\"status\":201,\"duration_ms\":%.3f}\n", i * 7, i % 8, i, 100 + i / 2.0)
                .getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public synchronized void log(String path, double durationMillis) {
        try {
            byte[] line = lines[next++ & LINES - 1];
            System.arraycopy(line, 0, batch, filled, line.length);
            filled += line.length;
            if (filled + line.length > batch.length) {
                flush();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void flush() throws IOException {
        if (size + filled > ROTATION_BYTES) {
            out.close();
            rotations++;
            Path rotated = Files.move(file, folder.resolve("app.log." + rotations));
            if (gzip) {
                background.execute(() -> compress(rotated));
            }
            out = new FileOutputStream(file.toFile(), true);
            size = 0;
        }
        out.write(batch, 0, filled);
        size += filled;
        filled = 0;
    }

    private void compress(Path rotated) {
        Path gz = folder.resolve(rotated.getFileName() + ".gz");
        try (var from = Files.newInputStream(rotated);
                var to = new GZIPOutputStream(Files.newOutputStream(gz), 64 * 1024) {{ def.setLevel(Deflater.BEST_SPEED); }}) {
            from.transferTo(to);
            Files.delete(rotated);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            compressed.incrementAndGet();
        }
    }

    @Override
    public synchronized boolean isDone() {
        return !gzip || compressed.get() == rotations;
    }

    @Override
    public synchronized void close() throws IOException {
        background.shutdown();
        flush();
        out.close();
    }
}
