package demo.infra;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.BitSet;
import java.util.function.ToIntFunction;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lists and counts the numbered lines in Loki. Times are nanoseconds since the epoch. A log query hides the second copy
 * of a line, a metric query counts both copies: the difference is the number of duplicates.
 *
 * @param query  LogQL that selects the lines
 * @param number finds a line's number in Loki's response
 * @param read   converts a match to the number
 */
record LokiNumbers(Http http, String loki, String query, Pattern number, ToIntFunction<MatchResult> read) {
    /** Sends a GET request, with the tenant's header where the backend needs it. */
    @FunctionalInterface
    interface Http {
        HttpResponse<String> get(String url) throws IOException, InterruptedException;

        static Http of(HttpClient client) {
            return url -> client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
        }
    }

    /** Loki's limit of lines per response. */
    private static final int PAGE = 5_000;
    private static final Pattern TOTAL = Pattern.compile("\"value\":\\[[^,]+,\"(\\d+)\"]");

    long count(long fromNanos, long toNanos) throws IOException, InterruptedException {
        long toSeconds = toNanos / 1_000_000_000 + 1;
        Matcher total = TOTAL.matcher(get("/loki/api/v1/query?time=" + toSeconds + "&query="
                + encoded("sum(count_over_time(" + query + "[" + (toSeconds - fromNanos / 1_000_000_000) + "s]))")));
        return total.find() ? Long.parseLong(total.group(1)) : 0;
    }

    /** @param window the time range of one query; halved if it has more lines than a page */
    BitSet list(long fromNanos, long toNanos, Duration window) throws IOException, InterruptedException {
        var seen = new BitSet();
        for (long start = fromNanos; start <= toNanos; start += window.toNanos()) {
            list(seen, start, start + window.toNanos());
        }
        return seen;
    }

    /** The lines of a time range, the end excluded. */
    private void list(BitSet seen, long fromNanos, long toNanos) throws IOException, InterruptedException {
        String body = get("/loki/api/v1/query_range?direction=forward&limit=" + PAGE + "&start=" + fromNanos + "&end="
                + toNanos + "&query=" + encoded(query));
        int[] numbers = number.matcher(body).results().mapToInt(read).toArray();
        if (numbers.length >= PAGE) {
            long middle = fromNanos + (toNanos - fromNanos) / 2;
            list(seen, fromNanos, middle);
            list(seen, middle, toNanos);
            return;
        }
        for (int one : numbers) {
            seen.set(one);
        }
    }

    private String get(String path) throws IOException, InterruptedException {
        var response = http.get(loki + path);
        if (response.statusCode() != 200) {
            throw new IOException(loki + path + ": expected 200, got " + response.statusCode() + ": "
                    + response.body());
        }
        return response.body();
    }

    private static String encoded(String query) {
        return URLEncoder.encode(query, StandardCharsets.UTF_8);
    }
}
