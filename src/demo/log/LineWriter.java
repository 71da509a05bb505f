package demo.log;

import java.io.IOException;
import java.util.function.Function;

/**
 * Puts groups of lines into the file, as few writes as it can, and counts each as written or lost.
 *
 * <p>One thread at a time: {@link GroupCommit} sees to that.
 */
final class LineWriter implements GroupCommit.Sink {
    /** Larger writes are hardly faster. */
    private static final int BATCH_BYTES = 64 * 1024;

    private final RotatingFile file;
    private final Counters counters;
    private final Troubles troubles;
    private final Function<Troubles.Untold, LogEvent> lossReport;
    private final byte[] batch = new byte[BATCH_BYTES];
    private boolean closed;

    /** @param lossReport makes the line that tells of lost ones */
    LineWriter(RotatingFile file, Counters counters, Troubles troubles,
               Function<Troubles.Untold, LogEvent> lossReport) {
        this.file = file;
        this.counters = counters;
        this.troubles = troubles;
        this.lossReport = lossReport;
    }

    @Override
    public void commit(Pending first) {
        if (closed) {
            lose(DropReason.CLOSED, first, null);
            return;
        }
        Pending start = first;
        while (start != null) {
            Pending end = start.next;
            int length = start.text.length();
            if (end == null || length + end.text.length() > BATCH_BYTES) {
                count(start, end, append(start.text.bytes(), length, 1));
            } else {
                System.arraycopy(start.text.bytes(), 0, batch, 0, length);
                int lines = 1;
                while (end != null && length + end.text.length() <= BATCH_BYTES) {
                    System.arraycopy(end.text.bytes(), 0, batch, length, end.text.length());
                    length += end.text.length();
                    end = end.next;
                    lines++;
                }
                count(start, end, append(batch, length, lines));
            }
            start = end;
        }
    }

    /** A mistake of our own, or a stack that is full, must not break a request or leave a line uncounted. */
    private int append(byte[] bytes, int length, int lines) {
        try {
            return file.append(bytes, 0, length, lines);
        } catch (RuntimeException | Error e) {
            troubles.writing(new IOException(e.toString(), e));
            return 0;
        }
    }

    /** The lines of a batch are in the file as far as its bytes are. */
    private void count(Pending start, Pending end, int written) {
        int left = written;
        for (Pending line = start; line != end; line = line.next) {
            int bytes = line.text.length();
            if (bytes > left) {
                lose(DropReason.NOT_WRITTEN, line, end);
                return;
            }
            left -= bytes;
            counters.written(line.level, bytes);
        }
    }

    private void lose(DropReason reason, Pending start, Pending end) {
        long lines = 0;
        for (Pending line = start; line != end; line = line.next) {
            lines++;
        }
        troubles.lost(reason, lines);
    }

    /** Writes the line that tells of lost ones, where there are any and it can be written. */
    void tellLosses() {
        Troubles.Untold untold = troubles.untold();
        if (closed) {
            return;
        }
        if (untold == null) {
            troubles.written();
            return;
        }
        LogEvent report = lossReport.apply(untold);
        int length = report.text.length();
        if (append(report.text.bytes(), length, 1) == length) {
            counters.written(report.level, length);
            troubles.told(untold);
        }
    }

    void close() {
        tellLosses();
        closed = true;
        file.close();
    }
}
