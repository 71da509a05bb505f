package demo.infra;

import demo.log.Console;
import demo.log.CurrentSpan;
import demo.log.Level;
import demo.log.Log;
import demo.log.LogSettings;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes numbered lines with the demo's own log, and counts which of them Loki holds. exactly-once.sh puts the two around a
 * collector that is stopped, killed or cut off.
 *
 * <p>{@code write FILE SERVICE LINES LINES_A_SECOND} prints the instants before the first and after the last line (ns).
 * {@code count LOKI_URL SERVICE LINES FROM_NANOS TO_NANOS} waits until nothing more arrives, prints
 * {@code lines=… found=… lost=… doubled=…} and exits with 1 when a line is lost or doubled.
 */
final class NumberedLines {
    /** Loki's own limit of lines an answer. */
    private static final int PAGE = 5_000;
    private static final long NANOS_A_WINDOW = Duration.ofMillis(50).toNanos();
    private static final Pattern NUMBER = Pattern.compile("\\\\\"n\\\\\":(\\d+)");
    private static final Pattern TOTAL = Pattern.compile("\"value\":\\[[^,]+,\"(\\d+)\"]");

    private final HttpClient http = HttpClient.newHttpClient();
    private final String loki;
    private final String service;

    private NumberedLines(String loki, String service) {
        this.loki = loki;
        this.service = service;
    }

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "write" -> write(Path.of(args[1]), args[2], Integer.parseInt(args[3]), Integer.parseInt(args[4]));
            case "count" -> System.exit(new NumberedLines(args[1], args[2])
                    .count(Integer.parseInt(args[3]), Long.parseLong(args[4]), Long.parseLong(args[5])) ? 0 : 1);
            default -> throw new IllegalArgumentException("expected write or count, got " + args[0]);
        }
    }

    private static void write(Path file, String service, int lines, int linesPerSecond) throws IOException {
        var settings = new LogSettings(file, Level.INFO, service, 10_000_000, Duration.ofHours(24), Duration.ofDays(7),
                Duration.ofMinutes(15));
        Instant first = Instant.now();
        long startNanos = System.nanoTime();
        try (Log log = Log.open(settings, CurrentSpan.NONE, InstantSource.system(), Console.silent())) {
            for (int n = 0; n < lines; n++) {
                long due = startNanos + n * 1_000_000_000L / linesPerSecond;
                while (n % 100 == 0 && System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                log.info("numbered", "one of many lines, as long as an answered request's").with("n", n)
                        .with("method", n % 3 == 0 ? "POST" : "GET").with("path", "/orders/0123456789abcdef")
                        .with("route", "/orders/{id}").with("status", 200).with("duration_ms", 12.345).write();
            }
        }
        System.out.println(nanos(first) + " " + nanos(Instant.now()));
    }

    private boolean count(int lines, long fromNanos, long toNanos) throws Exception {
        long held = waitUntilNothingMoreArrives(lines, fromNanos);
        var seen = new BitSet(lines);
        for (long start = fromNanos; start <= toNanos; start += NANOS_A_WINDOW) {
            see(seen, start, start + NANOS_A_WINDOW);
        }
        long lost = lines - seen.cardinality();
        // Loki hides a second copy when it lists lines, and counts it when it counts.
        long doubled = held - seen.cardinality();
        System.out.printf("lines=%d found=%d lost=%d doubled=%d%s%n", lines, held, lost, doubled,
                lost == 0 ? "" : " first_lost=" + seen.nextClearBit(0) + " last_lost=" + seen.previousClearBit(lines - 1));
        return lost == 0 && doubled == 0;
    }

    /** Marks the numbers of the lines between two times, the second not included. */
    private void see(BitSet seen, long fromNanos, long toNanos) throws IOException, InterruptedException {
        String body = get("/loki/api/v1/query_range?direction=forward&limit=" + PAGE + "&start=" + fromNanos + "&end="
                + toNanos + "&query=" + encoded("{service=\"" + service + "\"}"));
        int[] numbers = NUMBER.matcher(body).results().mapToInt(number -> Integer.parseInt(number.group(1))).toArray();
        if (numbers.length >= PAGE) {
            long middle = fromNanos + (toNanos - fromNanos) / 2;
            see(seen, fromNanos, middle);
            see(seen, middle, toNanos);
            return;
        }
        for (int number : numbers) {
            seen.set(number);
        }
    }

    /** How many lines Loki holds when that no longer changes. */
    private long waitUntilNothingMoreArrives(int lines, long fromNanos) throws Exception {
        long before = -1;
        int quietLooks = 0;
        while (quietLooks < 5) {
            long seconds = (nanos(Instant.now()) - fromNanos) / 1_000_000_000L + 60;
            Matcher total = TOTAL.matcher(get("/loki/api/v1/query?query="
                    + encoded("sum(count_over_time({service=\"" + service + "\"}[" + seconds + "s]))")));
            long now = total.find() ? Long.parseLong(total.group(1)) : 0;
            quietLooks = now == before ? quietLooks + 1 : 0;
            before = now;
            System.err.printf("%d of %d in Loki%n", now, lines);
            LockSupport.parkNanos(Duration.ofSeconds(2).toNanos());
        }
        return before;
    }

    private String get(String path) throws IOException, InterruptedException {
        var answer = http.send(HttpRequest.newBuilder(URI.create(loki + path)).build(), BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException("expected 200 from " + loki + path + ", got " + answer.statusCode() + ": " + answer.body());
        }
        return answer.body();
    }

    private static String encoded(String query) {
        return URLEncoder.encode(query, StandardCharsets.UTF_8);
    }

    private static long nanos(Instant instant) {
        return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }
}
