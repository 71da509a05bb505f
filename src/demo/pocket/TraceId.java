package demo.pocket;

import java.util.HexFormat;

/** The 16 bytes that a request's sample, log line and spans share. Not all zero: that means "no trace". */
record TraceId(long high, long low) {
    /** Reads 32 hexadecimal digits; null where the text is anything else or all zeros. */
    static TraceId parse(CharSequence text) {
        if (text == null || text.length() != 32) {
            return null;
        }
        try {
            return of(HexFormat.fromHexDigitsToLong(text, 0, 16), HexFormat.fromHexDigitsToLong(text, 16, 32));
        } catch (NumberFormatException _) {
            return null;
        }
    }

    /** Null where both halves are zero. */
    static TraceId of(long high, long low) {
        return high == 0 && low == 0 ? null : new TraceId(high, low);
    }

    @Override
    public String toString() {
        return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
    }
}
