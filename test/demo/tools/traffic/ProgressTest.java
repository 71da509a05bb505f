package demo.tools.traffic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final Tallies tallies = new Tallies();

    @Test
    void saysWhatTheLastSecondWasLikeOnOneLine() {
        var target = URI.create("http://127.0.0.1:1");
        try (var connections = new Connections(target, Duration.ofSeconds(1))) {
            var progress = new Progress(new Generator(new Arrivals(1, Mix.parse("menu=1"), new SplittableRandom(1)), new Shop(target),
                    connections, tallies, 10), tallies, System.out);

            tallies.of(Kind.MENU).answered(200, 1_000_000);
            tallies.of(Kind.ORDER).answered(503, 3_000_000);
            tallies.of(Kind.ORDER).failed(Failure.REFUSED);
            assertEquals("1 s  2/s  p50 1.00  p99 3.00 ms  in flight 0  5xx 1  no answer 1  not sent 0", progress.line(1));

            tallies.of(Kind.MENU).answered(200, 2_000_000);
            tallies.of(Kind.BAD).notSent();
            assertEquals("2 s  1/s  p50 2.01  p99 2.01 ms  in flight 0  5xx 1  no answer 1  not sent 1", progress.line(2));

            for (int i = 0; i < 12_345; i++) {
                tallies.of(Kind.MENU).failed(Failure.TIMED_OUT);
            }
            assertTrue(progress.line(1_000_000).length() < 80);
        }
    }
}
