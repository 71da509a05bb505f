package demo.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import java.io.StringWriter;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RequestMetricsTest {
    private static final long START = 1_700_000_000;

    private final RequestMetrics metrics = new RequestMetrics();

    /** A scrape at this second: so many requests of /menu at most 0.1 s long, and so many longer ones. */
    private void scrape(long second, double processStarted, int fast, int slow, String... more) {
        metrics.scraped(Instant.ofEpochSecond(second), """
                process_start_time_seconds %s
                http_server_request_duration_seconds_bucket{http_request_method="GET",http_route="/menu",http_response_status_code="200",le="0.1"} %d
                http_server_request_duration_seconds_bucket{http_request_method="GET",http_route="/menu",http_response_status_code="200",le="+Inf"} %d
                %s
                # EOF
                """.formatted(processStarted, fast, fast + slow, String.join("\n", more)));
    }

    private String seconds(long from, long to, String field) throws Exception {
        var text = new StringWriter();
        try (var out = new JsonFactory().createGenerator(text)) {
            metrics.write(out, new Window(from, to, (int) (to - from)), "");
        }
        String chosen = text.toString().substring(text.toString().indexOf("\"chosen\""));
        int at = chosen.indexOf("\"" + field + "\":[");
        return chosen.substring(chosen.indexOf('[', at), chosen.indexOf(']', at) + 1);
    }

    @Test
    void countsTheGrowthBetweenScrapes() throws Exception {
        scrape(START, 1, 100, 0);
        scrape(START + 1, 1, 103, 1);
        scrape(START + 2, 1, 103, 1);

        assertEquals("[null,4.0,0.0]", seconds(START, START + 3, "rate"));
    }

    @Test
    void spreadsTheGrowthOverALateScrape() throws Exception {
        scrape(START, 1, 0, 0);
        scrape(START + 2, 1, 10, 0);

        assertEquals("[null,null,5.0]", seconds(START, START + 3, "rate"));
    }

    @Test
    void showsAGapWhileTheServiceIsAwayAndStartsAtZeroAfterItsRestart() throws Exception {
        scrape(START, 1, 100, 0);
        metrics.missed();
        scrape(START + 3, 99, 120, 0); // more than before, but of a new process

        assertEquals("[null,null,null,120.0]", seconds(START, START + 4, "rate"));
    }

    @Test
    void countsFromZeroWhenTheServiceWasSeenToStart() throws Exception {
        metrics.missed();
        scrape(START, 1, 5, 0);

        assertEquals("[5.0]", seconds(START, START + 1, "rate"));
    }

    @Test
    void forgetsWhatIsOlderThanTheRing() throws Exception {
        scrape(START, 1, 0, 0);
        scrape(START + 1, 1, 7, 0);
        scrape(START + 1 + RequestMetrics.SECONDS, 1, 7, 0);

        assertEquals("[null,null]", seconds(START, START + 2, "rate"));
        assertEquals("[0.0]", seconds(START + 1 + RequestMetrics.SECONDS, START + 2 + RequestMetrics.SECONDS, "rate"));
    }

    @Test
    void givesTheShareOfServerErrors() throws Exception {
        String failed = "http_server_request_duration_seconds_bucket{http_request_method=\"GET\",http_route=\"/menu\",http_response_status_code=\"503\",le=\"%s\"} %d";
        scrape(START, 1, 0, 0, failed.formatted("0.1", 0), failed.formatted("+Inf", 0));
        scrape(START + 1, 1, 3, 0, failed.formatted("0.1", 1), failed.formatted("+Inf", 1));

        assertEquals("[null,0.25]", seconds(START, START + 2, "error_rate"));
    }

    @Test
    void keepsADotForEachExemplarOnce() throws Exception {
        String exemplar = "http_server_request_duration_seconds_bucket{http_request_method=\"GET\",http_route=\"/menu\",http_response_status_code=\"201\",le=\"+Inf\"} 1 # {trace_id=\"abc\"} 0.2 " + START;
        String plain = "http_server_request_duration_seconds_bucket{http_request_method=\"GET\",http_route=\"/menu\",http_response_status_code=\"201\",le=\"0.1\"} 0";
        scrape(START, 1, 0, 0, plain, exemplar);
        scrape(START + 1, 1, 0, 0, plain, exemplar);

        assertTrue(metrics.hasDot("abc"));
        assertFalse(metrics.hasDot("abd"));
        assertEquals(1, text().split("\"trace\":\"abc\"", -1).length - 1);
    }

    @Test
    void keepsTheDotOfAnOrderBesideThatOfItsPayment() throws Exception {
        String line = "http_server_request_duration_seconds_bucket{http_request_method=\"POST\",http_route=\"%s\",http_response_status_code=\"201\",le=\"%s\"} 1 # {trace_id=\"abc\"} %s " + START;
        scrape(START, 1, 0, 0, line.formatted("/payments", "0.1", "0.05"), line.formatted("/payments", "+Inf", "0.05"),
                line.formatted("/orders", "0.1", "0.06"), line.formatted("/orders", "+Inf", "0.06"));

        var all = new StringWriter();
        try (var out = new JsonFactory().createGenerator(all)) {
            metrics.write(out, new Window(START, START + 60, 60), "");
        }
        assertTrue(all.toString().contains("\"seconds\":0.06,\"trace\":\"abc\",\"method\":\"POST\",\"route\":\"/orders\""));
        assertTrue(all.toString().contains("\"seconds\":0.05,\"trace\":\"abc\",\"method\":\"POST\",\"route\":\"/payments\""));
    }

    private String text() throws Exception {
        var text = new StringWriter();
        try (var out = new JsonFactory().createGenerator(text)) {
            metrics.write(out, new Window(START, START + 60, 60), "/menu");
        }
        return text.toString();
    }

    @Test
    void leavesOutSeriesBeyondTheBound() throws Exception {
        var text = new StringBuilder();
        for (int i = 0; i < RequestMetrics.MAX_SERIES + 3; i++) {
            text.append("http_server_request_duration_seconds_bucket{http_route=\"/%d\",le=\"+Inf\"} 1%n".formatted(i));
        }

        metrics.scraped(Instant.ofEpochSecond(START), text.toString());

        var status = new StringWriter();
        try (var out = new JsonFactory().createGenerator(status)) {
            out.writeStartObject();
            metrics.writeStatus(out);
            out.writeEndObject();
        }
        assertTrue(status.toString().contains("\"series\":64,\"series_most\":64,\"series_left_out\":3"), status.toString());
    }

    @Test
    void takesNothingFromABrokenText() throws Exception {
        scrape(START, 1, 0, 0);

        assertThrows(IllegalArgumentException.class, () -> scrape(START + 1, 1, 5, 0, "http_server_request_duration_seconds_bucket{le=\"1"));

        assertEquals("[null,null]", seconds(START, START + 2, "rate"));
    }
}
