package demo.log;

/**
 * One second of UTC as text, {@code 2026-11-23T09:47:15}, made again only when the second changes: most lines share
 * theirs with the line before. Only years 0000 to 9999,
 * which is what RFC 3339 can say.
 *
 * <p>One thread at a time.
 */
final class UtcSecond {
    static final int LENGTH = 19;

    private static final long SECONDS_A_DAY = 86_400;
    static final long FIRST = -62_167_219_200L; // 0000-01-01T00:00:00Z
    static final long LAST = 253_402_300_799L;  // 9999-12-31T23:59:59Z

    private final byte[] text = new byte[LENGTH];
    private long epochSecond = Long.MIN_VALUE;

    void set(long newEpochSecond) {
        if (newEpochSecond != epochSecond) {
            epochSecond = newEpochSecond;
            write(newEpochSecond);
        }
    }

    void copyTo(byte[] bytes, int at) {
        System.arraycopy(text, 0, bytes, at, LENGTH);
    }

    /** The Gregorian calendar counted in eras of 400 years that begin on 1 March, so that leap days come last. */
    private void write(long second) {
        long day = Math.floorDiv(second, SECONDS_A_DAY);
        int ofDay = (int) Math.floorMod(second, SECONDS_A_DAY);
        long shifted = day + 719_468;
        long era = Math.floorDiv(shifted, 146_097);
        int dayOfEra = (int) (shifted - era * 146_097);
        int yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int marchMonth = (5 * dayOfYear + 2) / 153;
        int dayOfMonth = dayOfYear - (153 * marchMonth + 2) / 5 + 1;
        int month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
        int year = (int) (yearOfEra + era * 400) + (month <= 2 ? 1 : 0);
        two(0, year / 100);
        two(2, year % 100);
        text[4] = '-';
        two(5, month);
        text[7] = '-';
        two(8, dayOfMonth);
        text[10] = 'T';
        two(11, ofDay / 3_600);
        text[13] = ':';
        two(14, ofDay / 60 % 60);
        text[16] = ':';
        two(17, ofDay % 60);
    }

    private void two(int at, int value) {
        text[at] = (byte) ('0' + value / 10);
        text[at + 1] = (byte) ('0' + value % 10);
    }
}
