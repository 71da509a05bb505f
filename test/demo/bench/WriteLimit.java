package demo.bench;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the machine can do at most: a line made beforehand, written by one write(2) a line under a lock, or by one
 * write(2) for every 64 KiB. No encoding, no escaping, no clock; a rotation is a rename, nothing is compressed.
 */
final class WriteLimit implements LogPipeline {
    private final byte[] line = ("{\"timestamp\":\"2026-11-23T09:47:15.000042Z\",\"level\":\"INFO\",\"service\":\"api\","
            + "\"logger\":\"http\",\"thread\":\"producer-1\",\"message\":\"request handled\",\"trace_id\":\"" + TRACE_ID
            + "\",\"span_id\":\"" + SPAN_ID + "\",\"method\":\"POST\",\"path\":\"/orders/o-0000000000001\","
            + "\"route\":\"/orders/{id}\",\"status\":201,\"duration_ms\":12.345678}\n")
            .getBytes(StandardCharsets.US_ASCII);
    private final Path folder;
    private final Path file;
    private final byte[] batch;
    private int filled;
    private FileOutputStream out;
    private long size;
    private int rotations;

    WriteLimit(Path folder, int batchBytes) throws IOException {
        this.folder = folder;
        file = folder.resolve("app.log");
        batch = new byte[Math.max(batchBytes, line.length)];
        out = new FileOutputStream(file.toFile(), true);
    }

    @Override
    public synchronized void log(String path, double durationMillis) {
        try {
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
            Files.move(file, folder.resolve("app.log." + rotations));
            out = new FileOutputStream(file.toFile(), true);
            size = 0;
        }
        out.write(batch, 0, filled);
        size += filled;
        filled = 0;
    }

    @Override
    public boolean isDone() {
        return true;
    }

    @Override
    public synchronized void close() throws IOException {
        flush();
        out.close();
    }
}
