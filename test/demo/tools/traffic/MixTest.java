package demo.tools.traffic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MixTest {
    @Test
    void readsSharesInAnyOrder() {
        assertEquals("menu=50,order=35,lookup=15", Mix.parse("lookup=15, menu = 50,order=35").toString());
    }

    @Test
    void laysTheSharesEndToEnd() {
        var mix = Mix.parse("menu=1,order=0,bad=3");

        assertEquals(Kind.MENU, mix.at(0));
        assertEquals(Kind.MENU, mix.at(0.2499));
        assertEquals(Kind.BAD, mix.at(0.25));
        assertEquals(Kind.BAD, mix.at(Math.nextDown(1.0)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "menu", "menu=", "menu=x", "menu=-1", "menu=0", "tea=5", "menu=1,menu=2", "menu=1,", "menu=1001"})
    void refusesWhatIsNoMix(String text) {
        var refusal = assertThrows(IllegalArgumentException.class, () -> Mix.parse(text));

        assertEquals(Mix.RULE, refusal.getMessage());
    }
}
