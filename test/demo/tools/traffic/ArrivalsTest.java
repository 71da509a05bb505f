package demo.tools.traffic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import demo.settings.BadSetting;
import demo.settings.Settings;
import demo.tools.traffic.Mix.Kind;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArrivalsTest {
    private static final Mix MIX = mix("menu=50,order=35,lookup=15");

    @Test
    void arrivesAtTheRateWithExponentialGaps() {
        var arrivals = new Arrivals(200, MIX, new SplittableRandom(1));
        long[] due = Stream.generate(arrivals::next).limit(100_000).mapToLong(Arrivals.Visit::dueNanos).toArray();

        var gaps = IntStream.range(1, due.length).mapToDouble(i -> due[i] - due[i - 1]).toArray();
        double mean = DoubleStream.of(gaps).average().orElseThrow();
        double variance = DoubleStream.of(gaps).map(gap -> Math.pow(gap - mean, 2)).average().orElseThrow();
        assertEquals(1e9 / 200, mean, 1e9 / 200 * 0.02);
        assertEquals(1, Math.sqrt(variance) / mean, 0.02, "the deviation of an exponential distribution is its mean");
    }

    @Test
    void readsAMixInAnyOrderAndMapsTheIntervalToKinds() {
        assertEquals(MIX, mix("lookup=15, menu = 50,order=35"));
        var mix = mix("menu=1,order=0,bad=3");
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
}
