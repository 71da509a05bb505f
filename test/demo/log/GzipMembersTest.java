package demo.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Read back by the JDK's own reader. */
class GzipMembersTest {
    private static final int MOST = GzipMembers.MOST_BYTES;

    private static byte[] packed(byte[]... chunks) throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var members = new GzipMembers(packed)) {
            for (byte[] chunk : chunks) {
                members.add(chunk, chunk.length);
            }
        }
        return packed.toByteArray();
    }

    private static byte[] unpacked(byte[] packed) throws IOException {
        try (var in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            return in.readAllBytes();
        }
    }

    private static byte[] incompressible(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** Of no byte, of less and of more than fit into its buffer once compressed, to the byte. */
    @Test
    void aMemberGivesBackWhatItWasMadeOf() throws IOException {
        for (int length : new int[] {0, 1, 50_000, MOST, MOST + 1, 1_000_003}) {
            assertArrayEquals(incompressible(length), unpacked(packed(incompressible(length))));
            assertArrayEquals(new byte[length], unpacked(packed(new byte[length])));
        }
        for (int length = MOST - 60; length < MOST; length++) {
            assertArrayEquals(incompressible(length), unpacked(packed(incompressible(length))));
        }
    }

    @Test
    void onlyTheLengthIsTaken() throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var members = new GzipMembers(packed)) {
            members.add(new byte[] {'a', 'b', 'c'}, 2);
        }
        assertArrayEquals(new byte[] {'a', 'b'}, unpacked(packed.toByteArray()));
    }

    @Test
    void membersAreOneFile() throws IOException {
        byte[] packed = packed(incompressible(MOST), new byte[MOST], new byte[0], incompressible(7));

        byte[] expected = Arrays.copyOf(incompressible(MOST), 2 * MOST + 7);
        System.arraycopy(incompressible(7), 0, expected, 2 * MOST, 7);
        assertArrayEquals(expected, unpacked(packed));
        assertEquals(4, heads(packed));
    }

    private static int heads(byte[] packed) {
        int heads = 0;
        for (int i = 0; i + 4 <= packed.length; i++) {
            if (Arrays.equals(packed, i, i + 4, new byte[] {0x1f, (byte) 0x8b, 8, 0}, 0, 4)) {
                heads++;
            }
        }
        return heads;
    }

    /** So that its window never moves, a log's members are of no more than their length. */
    @Test
    void aRotatedLogIsOfSuchMembers(@TempDir Path folder) throws IOException {
        Path source = Files.write(folder.resolve("app.log.1"), new byte[3 * MOST + 1]);
        Path target = folder.resolve("app.log.1.gz");

        new Compressor(() -> false).compress(source, target, false);

        byte[] packed = Files.readAllBytes(target);
        assertArrayEquals(new byte[3 * MOST + 1], unpacked(packed));
        assertEquals(4, heads(packed));
        assertTrue(packed.length < 1_000, "packed to " + packed.length);
    }

    /** A disk that is full in the midst of a member: the file is no whole gzip, and nobody may take it for one. */
    @Test
    void aFailedWriteLeavesAFileCutShort() throws IOException {
        var disk = new ByteArrayOutputStream() {
            @Override
            public synchronized void write(byte[] bytes, int from, int length) {
                super.write(bytes, from, Math.min(length, 100_000 - size()));
                if (size() == 100_000) {
                    throw new UncheckedIOException(new IOException("No space left on device"));
                }
            }
        };
        try (var members = new GzipMembers(disk)) {
            members.add(incompressible(MOST), MOST);
            assertThrows(UncheckedIOException.class, () -> members.add(incompressible(MOST), MOST));
        }
        assertEquals(100_000, disk.size());
        assertThrows(EOFException.class, () -> unpacked(disk.toByteArray()));
    }
}
