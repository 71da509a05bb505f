package demo.tools.traffic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import demo.settings.BadSetting;
import demo.settings.Settings;
import demo.tools.traffic.Mix.Kind;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArrivalsTest {
    private static final Mix MIX = mix("menu=50,order=35,lookup=15");

    @Test
    void repeatsTheScheduleForASeed() {
        assertEquals(first(1_000, 7), first(1_000, 7));
        assertNotEquals(first(1_000, 7), first(1_000, 8));
    }

    @Test
    void arrivesAtTheRateWithExponentialGaps() {
        var visits = first(100_000, 1);

        var gaps = IntStream.range(1, visits.size())
                .mapToDouble(i -> visits.get(i).dueNanos() - visits.get(i - 1).dueNanos()).toArray();
        double mean = IntStream.range(0, gaps.length).mapToDouble(i -> gaps[i]).average().orElseThrow();
        double variance = IntStream.range(0, gaps.length).mapToDouble(i -> Math.pow(gaps[i] - mean, 2)).average()
                .orElseThrow();
        assertEquals(1e9 / 200, mean, 1e9 / 200 * 0.02);
        assertEquals(1, Math.sqrt(variance) / mean, 0.02, "the deviation of an exponential distribution is its mean");
    }

    @Test
    void readsAMixInAnyOrderAndMapsTheIntervalToKinds() {
        assertEquals(MIX, mix("lookup=15, menu = 50,order=35"));
        var mix = mix("menu=1,order=0,bad=3");
        assertEquals(Kind.MENU, mix.at(0));
        assertEquals(Kind.MENU, mix.at(0.2499));
        assertEquals(Kind.BAD, mix.at(0.25));
        assertEquals(Kind.BAD, mix.at(Math.nextDown(1.0)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"menu", "menu=", "menu=x", "menu=-1", "menu=0", "tea=5", "menu=1,menu=2", "menu=1,",
        "menu=1001", "=1"})
    void rejectsWhatIsNotAMix(String text) {
        assertThrows(BadSetting.class, () -> mix(text));
    }

    static Mix mix(String text) {
        return Mix.of(Settings.from(Map.of("TRAFFIC_MIX", text)));
    }

    private static List<Arrivals.Visit> first(int count, long seed) {
        var arrivals = new Arrivals(200, MIX, new SplittableRandom(seed));
        return Stream.generate(arrivals::next).limit(count).toList();
    }
}
