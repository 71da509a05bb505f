package demo.infra;

import demo.log.Console;
import demo.log.CurrentSpan;
import demo.log.Level;
import demo.log.Log;
import demo.log.LogSettings;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * Writes numbered lines with the demo's own log, and counts the lines in Loki. exactly-once.sh runs both while a
 * collector is stopped, killed or disconnected.
 *
 * <p>{@code write FILE SERVICE LINES LINES_A_SECOND} prints the instants before the first and after the last line (ns).
 * {@code count LOKI_URL SERVICE LINES FROM_NANOS TO_NANOS} waits until no more lines arrive, prints
 * {@code lines=… found=… lost=… doubled=…} and exits with 1 when a line is lost or doubled.
 */
final class NumberedLines {
    private static final Pattern NUMBER = Pattern.compile("\\\\\"n\\\\\":(\\d+)");
    private static final long NANOS_A_SECOND = 1_000_000_000;
    private static final Duration WINDOW = Duration.ofMillis(50);

    private NumberedLines() { }

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "write" -> write(Path.of(args[1]), args[2], Integer.parseInt(args[3]), Integer.parseInt(args[4]));
            case "count" -> System.exit(count(new LokiNumbers(LokiNumbers.Http.of(HttpClient.newHttpClient()),
                    args[1], "{service=\"" + args[2] + "\"}", NUMBER, number -> Integer.parseInt(number.group(1))),
                    Integer.parseInt(args[3]), Long.parseLong(args[4]), Long.parseLong(args[5])) ? 0 : 1);
            default -> throw new IllegalArgumentException("expected write or count, got " + args[0]);
        }
    }

    private static void write(Path file, String service, int lines, int linesPerSecond) throws IOException {
        var settings = new LogSettings(file, Level.INFO, service, 10_000_000, Duration.ofHours(24), Duration.ofDays(7), Long.MAX_VALUE,
                Duration.ofMinutes(15));
        Instant first = Instant.now();
        long startNanos = System.nanoTime();
        try (Log log = Log.open(settings, CurrentSpan.NONE, InstantSource.system(), Console.silent())) {
            for (int n = 0; n < lines; n++) {
                long due = startNanos + n * NANOS_A_SECOND / linesPerSecond;
                while (n % 100 == 0 && System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                log.info("numbered", "a numbered line, about as long as an access log line").with("n", n)
                        .with("method", n % 3 == 0 ? "POST" : "GET").with("path", "/orders/0123456789abcdef")
                        .with("route", "/orders/{id}").with("status", 200).with("duration_ms", 12.345).write();
            }
        }
        System.out.println(nanos(first) + " " + nanos(Instant.now()));
    }

    private static boolean count(LokiNumbers loki, int lines, long fromNanos, long toNanos) throws Exception {
        long held = whenNothingMoreArrives(loki, lines, fromNanos);
        BitSet seen = loki.list(fromNanos, toNanos, WINDOW);
        long lost = lines - seen.cardinality();
        long doubled = held - seen.cardinality();
        System.out.printf("lines=%d found=%d lost=%d doubled=%d%s%n", lines, held, lost, doubled,
                lost == 0 ? "" : " first_lost=" + seen.nextClearBit(0) + " last_lost=" + seen.previousClearBit(lines - 1));
        return lost == 0 && doubled == 0;
    }

    /** The number of lines in Loki when this number no longer changes. */
    private static long whenNothingMoreArrives(LokiNumbers loki, int lines, long fromNanos) throws Exception {
        long before = -1;
        int quietLooks = 0;
        while (quietLooks < 5) {
            long now = loki.count(fromNanos - NANOS_A_SECOND, nanos(Instant.now()) + NANOS_A_SECOND);
            quietLooks = now == before ? quietLooks + 1 : 0;
            before = now;
            System.err.printf("%d of %d in Loki%n", now, lines);
            LockSupport.parkNanos(2 * NANOS_A_SECOND);
        }
        return before;
    }

    private static long nanos(Instant instant) {
        return instant.getEpochSecond() * NANOS_A_SECOND + instant.getNano();
    }
}
