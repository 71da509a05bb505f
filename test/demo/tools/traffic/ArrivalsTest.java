package demo.tools.traffic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ArrivalsTest {
    private static final Mix MIX = Mix.parse("menu=50,order=35,lookup=15");

    @Test
    void repeatsItselfForASeed() {
        assertEquals(first(1_000, 7), first(1_000, 7));
        assertNotEquals(first(1_000, 7), first(1_000, 8));
    }

    @Test
    void arrivesAsOftenAsAskedAndAsIrregularlyAsPeopleDo() {
        var arrivals = first(100_000, 1);

        var gaps = Stream.iterate(1, i -> i + 1).limit(arrivals.size() - 1L)
                .mapToDouble(i -> arrivals.get(i).atNanos() - arrivals.get(i - 1).atNanos()).toArray();
        double mean = Stream.of(gaps).flatMapToDouble(java.util.Arrays::stream).average().orElseThrow();
        double variance = java.util.Arrays.stream(gaps).map(gap -> (gap - mean) * (gap - mean)).average().orElseThrow();
        assertEquals(1e9 / 200, mean, 1e9 / 200 * 0.02);
        assertEquals(1, Math.sqrt(variance) / mean, 0.02, "an exponential gap's deviation is its mean");
    }

    @Test
    void drawsKindsByTheirShares() {
        long menus = first(100_000, 3).stream().filter(arrival -> arrival.kind() == Kind.MENU).count();

        assertEquals(50_000, menus, 1_000);
        assertTrue(first(1_000, 3).stream().noneMatch(arrival -> arrival.kind() == Kind.BAD));
    }

    private static List<Arrival> first(int count, long seed) {
        var arrivals = new Arrivals(200, MIX, new SplittableRandom(seed));
        return Stream.generate(arrivals::next).limit(count).toList();
    }
}
