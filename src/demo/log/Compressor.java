package demo.log;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Makes a .gz out of a file.
 *
 * <p>Killed at any moment it leaves one whole copy, or two equal ones: the .gz is made under a hidden temporary name,
 * is on the disk before it gets its own, and only then the source goes. Followers look for {@code app.log*}, so they
 * never see half of one.
 *
 * <p>One thread at a time.
 *
 * <pre>
 *   app.log.T ──▶ .app.log.T.gz.part ──▶ fsync ──▶ app.log.T.gz ──▶ app.log.T deleted
 * </pre>
 */
final class Compressor {
    private static final String TEMPORARY_END = ".gz.part";
    private static final int CHUNK_BYTES = GzipMembers.MOST_BYTES;
    /** A chunk takes a quarter of a millisecond. A thread that never rests is left on its processor for three. */
    private static final long NANOS_OF_REST = 200_000;

    private final BooleanSupplier betweenChunks;

    /** @param betweenChunks what its thread must not put off; true gives the compression up, for a quick end */
    Compressor(BooleanSupplier betweenChunks) {
        this.betweenChunks = betweenChunks;
    }

    static boolean isTemporary(String base, String name) {
        return name.startsWith("." + base + ".") && name.endsWith(TEMPORARY_END);
    }

    /**
     * Replaces the source; false when it was told to stop and nothing has changed.
     *
     * @param gently resting after every chunk, so that a request which wakes up finds a processor: twice the time,
     *               the same work
     */
    boolean compress(Path source, Path target, boolean gently) throws IOException {
        Path temporary = source.resolveSibling("." + target.getFileName() + ".part");
        try {
            if (!pack(source, temporary, gently)) {
                return false;
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
        syncFolder(target.toAbsolutePath().getParent());
        Files.delete(source);
        return true;
    }

    private boolean pack(Path source, Path temporary, boolean gently) throws IOException {
        byte[] chunk = new byte[CHUNK_BYTES];
        try (InputStream in = Files.newInputStream(source);
                FileChannel file = FileChannel.open(temporary, StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
                GzipMembers gzip = new GzipMembers(Channels.newOutputStream(file))) {
            Permissions.copy(source, temporary);
            int length = in.read(chunk);
            do {
                if (betweenChunks.getAsBoolean()) {
                    return false;
                }
                // An empty file is one empty member: a file without any would be no gzip.
                gzip.add(chunk, Math.max(length, 0));
                if (gently) {
                    LockSupport.parkNanos(this, NANOS_OF_REST);
                }
                length = in.read(chunk);
            } while (length > 0);
            file.force(true);
        }
        return true;
    }

    /** The folder's names survive a power cut after this, where the system can do that. */
    private static void syncFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // It can't; the .gz is as safe as any file that was just made.
        }
    }

    /** Whether a .gz unpacks to exactly what its source holds; throws where either can't be read to find out. */
    boolean isCopy(Path source, Path gz) throws IOException {
        byte[] ours = new byte[CHUNK_BYTES];
        byte[] theirs = new byte[CHUNK_BYTES];
        try (InputStream plain = Files.newInputStream(source);
                InputStream unpacked = new GZIPInputStream(new BufferedInputStream(Files.newInputStream(gz)))) {
            int length;
            do {
                length = plain.readNBytes(ours, 0, CHUNK_BYTES);
                int same = unpacked.readNBytes(theirs, 0, CHUNK_BYTES);
                if (!Arrays.equals(ours, 0, length, theirs, 0, same)) {
                    return false;
                }
            } while (length > 0);
            return true;
        } catch (ZipException | EOFException e) { // it is no whole .gz
            return false;
        }
    }
}
