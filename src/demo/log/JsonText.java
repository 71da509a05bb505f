package demo.log;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * JSON as UTF-8 bytes in one reused array that grows when it must. Writes values only; commas and braces are
 * {@link LogEvent}'s.
 *
 * <p>Whatever a string holds, what comes out is one valid JSON string on one line, safe to show on a terminal:
 * <pre>
 *   "  \                         \"  \\
 *   newline, return, tab         \n  \r  \t
 *   other controls, DEL, C1      \u001b            a terminal would obey them
 *   U+2028, U+2029, U+FEFF       \u2028            some readers end a line there
 *   marks that turn the text     \u202e            what is read is what was logged
 *   half of a surrogate pair     U+FFFD            UTF-8 can't hold it
 *   everything else              as it is, UTF-8
 * </pre>
 * A character has exactly one form, so two strings read the same if and only if their bytes are.
 *
 * <p>One thread at a time.
 */
final class JsonText {
    /** The longest form of one character. */
    private static final int WIDEST = 6;
    private static final byte[] ELLIPSIS = "…".getBytes(StandardCharsets.UTF_8);
    /** As the character itself is written, or two names that read the same would not be found to be. */
    private static final byte[] REPLACEMENT = {(byte) 0xef, (byte) 0xbf, (byte) 0xbd};
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LEAST_LONG = Long.toString(Long.MIN_VALUE).getBytes(StandardCharsets.US_ASCII);
    /** Below this every multiple of a millionth is told apart from its neighbours by a double. */
    private static final double MOST_EXACT_MILLIONTHS = (1L << 52) / 1e6;

    /** What follows the backslash, {@code u} for a hex form, 0 for a character that stands for itself. */
    private static final byte[] ESCAPES = new byte[128];

    static {
        Arrays.fill(ESCAPES, 0, 0x20, (byte) 'u');
        ESCAPES[0x7f] = 'u';
        ESCAPES['\n'] = 'n';
        ESCAPES['\r'] = 'r';
        ESCAPES['\t'] = 't';
        ESCAPES['"'] = '"';
        ESCAPES['\\'] = '\\';
    }

    private byte[] bytes;
    private int length;

    JsonText(int capacity) {
        bytes = new byte[capacity];
    }

    /** The array now in use; valid up to {@link #length} and until the next write. */
    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    byte[] copy() {
        return Arrays.copyOf(bytes, length);
    }

    /** Forgets everything from this length on. */
    void cutTo(int newLength) {
        length = newLength;
    }

    void raw(byte[] ascii) {
        room(ascii.length);
        System.arraycopy(ascii, 0, bytes, length, ascii.length);
        length += ascii.length;
    }

    void raw(char ascii) {
        room(1);
        bytes[length++] = (byte) ascii;
    }

    /**
     * Writes a string's inside, without the quotes, in at most {@code maxBytes}; one that needs more ends early, at a
     * whole character, with an ellipsis.
     *
     * @return how many chars were left out
     */
    int inside(String text, int maxBytes) {
        int size = text.length();
        int start = length;
        room(Math.min(size, maxBytes) + WIDEST + ELLIPSIS.length);
        // The ellipsis must still fit, so a string is cut a little before its limit.
        int end = start + maxBytes - ELLIPSIS.length;
        int from = 0;
        while (true) {
            from = plainRun(text, from, size, end);
            if (from == size) {
                return 0;
            }
            int left = size - from;
            if (length + WIDEST > end) {
                return fitsExactly(text, from, start + maxBytes) ? 0 : cut(left);
            }
            room(Math.min(left, end - length) + WIDEST + ELLIPSIS.length);
            from += special(text, from, size);
        }
    }

    /** Copies characters that stand for themselves, as many as there are; returns the index of the first other one. */
    private int plainRun(String text, int from, int size, int end) {
        byte[] to = bytes;
        int shift = length - from;
        int stop = from + Math.min(size - from, Math.min(end, to.length) - length);
        int i = from;
        // One question for four characters: a fifth of a line's time.
        for (; i < stop - 3; i += 4) {
            char a = text.charAt(i);
            char b = text.charAt(i + 1);
            char c = text.charAt(i + 2);
            char d = text.charAt(i + 3);
            if ((a | b | c | d) >= 0x80 || (ESCAPES[a] | ESCAPES[b] | ESCAPES[c] | ESCAPES[d]) != 0) {
                break;
            }
            to[i + shift] = (byte) a;
            to[i + shift + 1] = (byte) b;
            to[i + shift + 2] = (byte) c;
            to[i + shift + 3] = (byte) d;
        }
        for (; i < stop; i++) {
            char c = text.charAt(i);
            if (c >= 0x80 || ESCAPES[c] != 0) {
                break;
            }
            to[i + shift] = (byte) c;
        }
        length = i + shift;
        return i;
    }

    /** The last few bytes before the limit: a string that ends within them needs no ellipsis. */
    private boolean fitsExactly(String text, int from, int limit) {
        int before = length;
        int size = text.length();
        for (int i = from; i < size; ) {
            room(WIDEST);
            i += special(text, i, size);
            if (length > limit) {
                length = before;
                return false;
            }
        }
        return true;
    }

    private int cut(int left) {
        raw(ELLIPSIS);
        return left;
    }

    /** Writes the character at {@code i}, whatever it is; returns how many chars it took. Room must be there. */
    private int special(String text, int i, int size) {
        char c = text.charAt(i);
        if (c < 0x80) {
            ascii(c);
        } else if (c < 0x800) {
            if (c < 0xa0) {
                hex(c);
            } else {
                put(0xc0 | c >> 6);
                put(0x80 | c & 0x3f);
            }
        } else if (Character.isSurrogate(c)) {
            if (Character.isHighSurrogate(c) && i + 1 < size && Character.isLowSurrogate(text.charAt(i + 1))) {
                int point = Character.toCodePoint(c, text.charAt(i + 1));
                put(0xf0 | point >> 18);
                put(0x80 | point >> 12 & 0x3f);
                put(0x80 | point >> 6 & 0x3f);
                put(0x80 | point & 0x3f);
                return 2;
            }
            raw(REPLACEMENT);
        } else if (misleads(c)) {
            hex(c);
        } else {
            put(0xe0 | c >> 12);
            put(0x80 | c >> 6 & 0x3f);
            put(0x80 | c & 0x3f);
        }
        return 1;
    }

    private void ascii(char c) {
        byte escape = ESCAPES[c];
        if (escape == 0) {
            put(c);
        } else if (escape == 'u') {
            hex(c);
        } else {
            put('\\');
            put(escape);
        }
    }

    /** U+200E.. and the embeddings, overrides and isolates reorder what is shown; the others end or hide a line. */
    private static boolean misleads(char c) {
        return c == '\u200e' || c == '\u200f' || c >= '\u2028' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069'
                || c == '\ufeff';
    }

    private void hex(char c) {
        put('\\');
        put('u');
        put(HEX[c >> 12]);
        put(HEX[c >> 8 & 0xf]);
        put(HEX[c >> 4 & 0xf]);
        put(HEX[c & 0xf]);
    }

    private void put(int oneByte) {
        bytes[length++] = (byte) oneByte;
    }

    void number(long value) {
        if (value == Long.MIN_VALUE) {
            raw(LEAST_LONG);
            return;
        }
        room(20);
        if (value < 0) {
            put('-');
            value = -value;
        }
        digits(value, digitsIn(value));
    }

    /** Exactly {@code count} digits, with leading zeros. Room must be there. */
    private void digits(long value, int count) {
        for (int at = length + count - 1; at >= length; at--) {
            bytes[at] = (byte) ('0' + value % 10);
            value /= 10;
        }
        length += count;
    }

    private static int digitsIn(long value) {
        int count = 1;
        while (value >= 10) {
            value /= 10;
            count++;
        }
        return count;
    }

    /**
     * A decimal that reads back as the same double. Whole numbers of millionths, which is what a duration in
     * milliseconds taken from nanoseconds is, are written without allocating; the rest as {@link Double#toString}
     * does. JSON has no NaN and no infinity: they become the strings {@code "NaN"}, {@code "Infinity"}, {@code
     * "-Infinity"}, as Protocol Buffers' JSON has them.
     */
    void decimal(double value) {
        if (Math.abs(value) < MOST_EXACT_MILLIONTHS) {
            long millionths = Math.round(value * 1e6);
            // Both numbers are exact doubles, so the quotient is the double next to the decimal: it reads back. But a
            // whole number has no zero below zero.
            if (millionths / 1e6 == value && (millionths != 0 || Double.doubleToRawLongBits(value) == 0)) {
                millionths(millionths);
                return;
            }
        }
        boolean finite = Double.isFinite(value);
        String digits = Double.toString(value);
        room(digits.length() + 2);
        if (!finite) {
            put('"');
        }
        for (int i = 0; i < digits.length(); i++) {
            put(digits.charAt(i));
        }
        if (!finite) {
            put('"');
        }
    }

    private void millionths(long value) {
        room(24);
        if (value < 0) {
            put('-');
            value = -value;
        }
        long whole = value / 1_000_000;
        digits(whole, digitsIn(whole));
        put('.');
        long fraction = value % 1_000_000;
        int places = 6;
        while (places > 1 && fraction % 10 == 0) {
            fraction /= 10;
            places--;
        }
        digits(fraction, places);
    }

    /** {@code 2026-11-23T09:47:15.000042}, without the zone. */
    void timestamp(UtcSecond second, long epochMicros) {
        room(UtcSecond.LENGTH + 7);
        second.set(Math.floorDiv(epochMicros, 1_000_000L));
        second.copyTo(bytes, length);
        length += UtcSecond.LENGTH;
        put('.');
        digits(Math.floorMod(epochMicros, 1_000_000L), 6);
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(length + more, bytes.length * 2));
        }
    }
}
