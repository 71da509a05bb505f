package demo.log;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Appends JSON as UTF-8 bytes to a growing array.
 *
 * <p>A string becomes one JSON string without line breaks, which is safe to show on a terminal:
 * <pre>
 *   "  \                                  \"  \\
 *   newline, carriage return, tab         \n  \r  \t
 *   other C0 controls, DEL, C1 controls   \u001b      a terminal would execute them
 *   U+2028, U+2029, U+FEFF                \u2028      some readers end or hide a line there
 *   bidirectional marks                   \u202e      they reorder the text that is shown
 *   half of a surrogate pair              U+FFFD      not representable in UTF-8
 *   every other character                 unchanged, as UTF-8
 * </pre>
 * A character has exactly one encoding, so that encoded names can be compared as bytes.
 *
 * <p>Not thread-safe.
 */
final class JsonEncoder {
    /** Bytes of the longest encoding of one {@code char}. */
    private static final int MAX_CHAR_BYTES = 6;

    private static final char ELLIPSIS = '…';
    private static final int ELLIPSIS_BYTES = 3;

    /** Valid up to {@link #length}. */
    byte[] bytes;
    int length;

    JsonEncoder(int capacity) {
        bytes = new byte[capacity];
    }

    /** Whether the encoding of the char is the char itself, in one byte. */
    private static boolean isPlain(char c) {
        return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
    }

    /** Appends ASCII text that needs no escape. */
    void raw(String ascii) {
        ensureCapacity(ascii.length());
        for (int i = 0; i < ascii.length(); i++) {
            put(ascii.charAt(i));
        }
    }

    /**
     * Appends the escaped string, without quotes, in at most {@code maxBytes}. A longer one is truncated after a whole
     * character and ends in an ellipsis.
     *
     * @return how many chars were left out
     */
    int string(String text, int maxBytes) {
        int chars = text.length();
        int end = length + maxBytes;
        ensureCapacity((int) Math.min((long) chars * MAX_CHAR_BYTES, maxBytes) + 2 * MAX_CHAR_BYTES);
        int cut = length; // the last end of a character after which an ellipsis fits
        int cutIndex = 0;
        for (int i = 0; i < chars; ) {
            char c = text.charAt(i);
            if (isPlain(c)) {
                put(c);
                i++;
            } else {
                int point = text.codePointAt(i);
                special(point);
                i += Character.charCount(point);
            }
            if (length <= end - ELLIPSIS_BYTES) {
                cut = length;
                cutIndex = i;
            } else if (length > end) {
                length = cut;
                special(ELLIPSIS);
                return chars - cutIndex;
            }
        }
        return 0;
    }

    private void special(int point) {
        int shortEscape = "\"\\\n\r\t".indexOf(point);
        if (shortEscape >= 0) {
            put('\\');
            put("\"\\nrt".charAt(shortEscape));
        } else if (point < 0xa0 || endsLineOrReordersText(point)) {
            raw("\\u" + HexFormat.of().toHexDigits((char) point));
        } else {
            boolean isHalfOfAPair = Character.getType(point) == Character.SURROGATE;
            for (byte utf8 : Character.toString(isHalfOfAPair ? 0xfffd : point).getBytes(StandardCharsets.UTF_8)) {
                put(utf8);
            }
        }
    }

    /** The bidirectional marks, embeddings, overrides and isolates, line and paragraph separator, byte order mark. */
    private static boolean endsLineOrReordersText(int c) {
        return c == '\u061c' || c == '\u200e' || c == '\u200f' || c >= '\u2028' && c <= '\u202e'
                || c >= '\u2066' && c <= '\u2069' || c == '\ufeff';
    }

    private void put(int oneByte) {
        bytes[length++] = (byte) oneByte;
    }

    private void ensureCapacity(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(length + more, bytes.length * 2));
        }
    }
}
