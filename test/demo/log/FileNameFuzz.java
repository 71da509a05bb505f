package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.util.Optional;

/** A name that parses is formatted as it was, and the name after it orders after it. */
public final class FileNameFuzz {
    private FileNameFuzz() {
    }

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        String base = data.pickValue(new String[] {"app.log", "", ".", "app.log.2024-12-17_12-00-00", "a\\E.gz"});
        String name = data.consumeBoolean() ? base + nearlyRight(data) : data.consumeRemainingAsString();
        Optional<LogFileName> parsed = LogFileName.parse(base, name);
        if (parsed.isPresent()) {
            LogFileName one = parsed.get();
            assertEquals(name, one.toString());
            assertEquals(one.asCompressed(), LogFileName.parse(base, one.asCompressed().toString()).orElseThrow());
            assertEquals(one.asPlain(), LogFileName.parse(base, one.asPlain().toString()).orElseThrow());
            LogFileName next = one.nextInSecond();
            assertTrue(one.compareTo(next) < 0 && next.compareTo(one) > 0, name);
            assertEquals(Optional.of(next), LogFileName.parse(base, next.toString()));
        }
        assertTrue(!Compressor.isTemporary(base, name) || parsed.isEmpty(), name);
    }

    private static String nearlyRight(FuzzedDataProvider data) {
        String format = data.pickValue(new String[] {".%04d-%02d-%02d_%02d-%02d-%02d", ".%d-%02d-%02d_%02d-%02d-%02d",
                ".%04d-%02d-%02d %02d:%02d:%02d"});
        var name = new StringBuilder(String.format(format, data.consumeInt(-1, 10_001), data.consumeInt(0, 13),
                data.consumeInt(0, 32), data.consumeInt(0, 24), data.consumeInt(0, 60), data.consumeInt(0, 61)));
        for (int i = data.consumeInt(0, 3); i > 0; i--) {
            name.append(data.pickValue(new String[] {".", ".gz", ".0", ".1", "." + data.consumeInt(), ".part", ".tmp",
                    data.consumeString(4)}));
        }
        return name.toString();
    }
}
