package demo.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteSearchTest {
    @Test
    void findsWhatStringContainsFindsWhateverTheCase() {
        var random = new Random(11);
        for (int i = 0; i < 50_000; i++) {
            String text = letters(random, random.nextInt(30));
            String word = letters(random, random.nextInt(5));
            byte[] bytes = ("??" + text + "??").getBytes(StandardCharsets.UTF_8);

            boolean found = new ByteSearch(word).in(bytes, 2, bytes.length - 2);

            assertEquals(text.toLowerCase(Locale.ROOT).contains(word.toLowerCase(Locale.ROOT)), found, word + " in " + text);
        }
    }

    private static String letters(Random random, int count) {
        var text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("aAbBzZ_é".charAt(random.nextInt(8)));
        }
        return text.toString();
    }
}
