package demo.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Read back by the JDK's own reader. */
class GzipMembersTest {
    private static byte[] packed(byte[] bytes, int aWrite) throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var members = new GzipMembers(packed)) {
            for (int i = 0; i < bytes.length; i += aWrite) {
                members.write(bytes, i, Math.min(aWrite, bytes.length - i));
            }
        }
        return packed.toByteArray();
    }

    private static byte[] unpacked(byte[] packed) throws IOException {
        try (var in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            return in.readAllBytes();
        }
    }

    /** Around the ends of members, in writes that fit them and writes that don't. */
    @Test
    void givesBackWhatWasWritten() throws IOException {
        int most = GzipMembers.MEMBER_BYTES;
        for (int length : new int[] {0, 1, most - 1, most, most + 1, 5 * most, 1_000_003}) {
            byte[] incompressible = new byte[length];
            new Random(length).nextBytes(incompressible);
            for (int aWrite : new int[] {1_000, most, 300_000}) {
                assertArrayEquals(incompressible, unpacked(packed(incompressible, aWrite)));
                assertArrayEquals(new byte[length], unpacked(packed(new byte[length], aWrite)));
            }
        }
    }

    @Test
    void takesSingleBytes() throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var members = new GzipMembers(packed)) {
            members.write('a');
            members.write(0x1ff);
        }
        assertArrayEquals(new byte[] {'a', (byte) 0xff}, unpacked(packed.toByteArray()));
    }

    /** So that its window never moves, each member is one of no more than its length. */
    @Test
    void endsAMemberBeforeItsWindowIsFull() throws IOException {
        byte[] packed = packed(new byte[3 * GzipMembers.MEMBER_BYTES + 1], 300_000);
        int members = 0;
        for (int i = 0; i + 3 < packed.length; i++) {
            if (packed[i] == 0x1f && packed[i + 1] == (byte) 0x8b && packed[i + 2] == 8 && packed[i + 3] == 0) {
                members++;
            }
        }
        assertEquals(4, members);
        assertTrue(packed.length < 1_000, "packed to " + packed.length);
    }
}
