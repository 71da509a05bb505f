package demo.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    enum Colour { RED, GREEN }

    @ParameterizedTest
    @CsvSource({"10MB, 10000000", "10 MB, 10000000", "1MiB, 1048576", "2KiB, 2048", "1.5kB, 1500", "1GB, 1000000000"})
    void readsSizesInDecimalAndBinaryUnits(String text, long bytes) {
        assertEquals(bytes, with(Setting.LOG_ROTATION_SIZE, text).bytes(Setting.LOG_ROTATION_SIZE, 1, 1_000_000_000));
    }

    @ParameterizedTest
    @CsvSource({"500ms, 500", "30s, 30000", "5m, 300000", "15 min, 900000", "24h, 86400000", "7d, 604800000"})
    void readsTimesInEveryUnit(String text, long millis) {
        assertEquals(Duration.ofMillis(millis),
                with(Setting.LOG_ROTATION_AGE, text).duration(Setting.LOG_ROTATION_AGE, Duration.ZERO));
    }

    @ParameterizedTest
    @CsvSource({"10", "ten MB", "-1MB", "10XB", "999B", "1000000000.1GB", "4000000000GB", "999999999999999GB"})
    void refusesSizesThatAreMalformedOrOutOfRange(String text) {
        var settings = with(Setting.LOG_ROTATION_SIZE, text);

        var refusal = assertThrows(BadSetting.class, 
                () -> settings.bytes(Setting.LOG_ROTATION_SIZE, 1000, 1_000_000_000_000_000_000L));

        assertEquals("LOG_ROTATION_SIZE must be a size such as 10MB or 512KiB, at least 1000 B, at most 1000000000 GB,"
                + " was '" + text + "'", refusal.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"10ms", "36501d", "99999999999d"})
    void refusesATimeOutOfRangeWithRuleAndValue(String text) {
        var settings = with(Setting.LOG_ROTATION_AGE, text);

        var refusal = assertThrows(BadSetting.class,
                () -> settings.duration(Setting.LOG_ROTATION_AGE, Duration.ofSeconds(1)));

        assertEquals("LOG_ROTATION_AGE must be a time such as 30s, 5m, 24h or 7d, at least 1s, at most 36500d,"
                + " was '" + text + "'", refusal.getMessage());
    }

    @Test
    void ignoresUnknownNamesAndReportsOnlyLikelyTypos() {
        var settings = Settings.from(Map.of("LOG_ROTATON_SIZE", "1MB", "LOG_FORMAT", "json", "HTTP_TIMEOUT_MS", "5",
                "HTTP_PROXY", "http://proxy:3128", "LOGNAME", "ada", "POCKET_PROT", "1"));

        assertEquals(List.of("LOG_ROTATON_SIZE is not a setting and is ignored; did you mean LOG_ROTATION_SIZE?"),
                settings.likelyTypos("HTTP_", "LOG_"));
        assertEquals("10MB", settings.text(Setting.LOG_ROTATION_SIZE));
    }

    @ParameterizedTest
    @CsvSource({"FAULT, FAULTS", "LOGFILE, LOG_FILE", "LGO_LEVEL, LOG_LEVEL", "PAYMENT_URL, PAYMENTS_URL"})
    void reportsATypoAtTheStartOfAName(String name, String setting) {
        assertEquals(List.of(name + " is not a setting and is ignored; did you mean " + setting + "?"),
                Settings.from(Map.of(name, "x")).likelyTypos("LOG_", "FAULTS", "PAYMENTS_"));
    }

    @Test
    void stripsTheCarriageReturnOfAWindowsFile() {
        assertEquals(8000, with(Setting.HTTP_PORT, "8000\r").port(Setting.HTTP_PORT));
    }

    @Test
    void refusesAPathThatTheLocaleCannotEncode() {
        var refusal = assertThrows(BadSetting.class, () -> with(Setting.LOG_FILE, "a\0b").path(Setting.LOG_FILE));

        assertTrue(refusal.getMessage().startsWith("LOG_FILE must be a path that the locale can encode"));
    }

    @Test
    void refusesAPathWithoutAFileName() {
        var refusal = assertThrows(BadSetting.class, () -> with(Setting.LOG_FILE, "/").path(Setting.LOG_FILE));

        assertEquals("LOG_FILE must be a path with a file name, was '/'", refusal.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"http://x:99999/a", "http://x:0", "ftp://x", "http:/a", "//x/a", "http://me@x/a", "http://x/a#b",
        "http://x y"})
    void refusesUrlsThatNoClientCanCall(String text) {
        assertThrows(BadSetting.class,
                () -> with(Setting.PAYMENTS_URL, text).url(Setting.PAYMENTS_URL, "must be a URL", _ -> true));
        assertThrows(BadSetting.class, () -> with(Setting.TRAFFIC_TARGET, text).trafficTarget());
    }

    @Test
    void treatsABlankValueAsUnset() {
        assertEquals(8000, with(Setting.HTTP_PORT, " ").port(Setting.HTTP_PORT));
    }

    @ParameterizedTest
    @CsvSource({"-1", "65536", "http", "1e3", "80 80", "+29562", "٢٩٥٦١"})
    void refusesInvalidPorts(String text) {
        assertThrows(BadSetting.class, () -> with(Setting.HTTP_PORT, text).port(Setting.HTTP_PORT));
    }

    @ParameterizedTest
    @CsvSource({"NaN", "Infinity", "-1", "x", "0x1p3", "5d", "+5", "٥"})
    void refusesRatesThatAreNotNumbers(String text) {
        assertThrows(BadSetting.class, () -> with(Setting.TRAFFIC_RATE, text).decimal(Setting.TRAFFIC_RATE, 0, 1e6));
    }

    @Test
    void readsSwitchesAndChoices() {
        assertTrue(with(Setting.FAULTS, "ON").onOff(Setting.FAULTS));
        assertFalse(Settings.from(Map.of()).onOff(Setting.FAULTS));
        assertEquals(Colour.GREEN, with(Setting.LOG_LEVEL, "green").choice(Setting.LOG_LEVEL, Colour.class));

        var refusal = assertThrows(BadSetting.class,
                () -> with(Setting.LOG_LEVEL, "blue").choice(Setting.LOG_LEVEL, Colour.class));

        assertEquals("LOG_LEVEL must be one of RED, GREEN, was 'blue'", refusal.getMessage());
    }

    private static Settings with(Setting setting, String text) {
        return Settings.from(Map.of(setting.name(), text));
    }

    @Test
    void theApisUrlUsesLoopbackForAWildcardAddress() {
        assertEquals("http://127.0.0.1:8000/payments", Settings.from(Map.of()).api(8000, "/payments").toString());
        assertEquals("http://127.0.0.1:8000", Settings.from(Map.of("HTTP_HOST", "0.0.0.0")).api(8000, "").toString());
        assertEquals("http://127.0.0.2:80/x", Settings.from(Map.of("HTTP_HOST", "127.0.0.2")).api(80, "/x").toString());
        assertEquals("http://[0:0:0:0:0:0:0:1]:80", Settings.from(Map.of("HTTP_HOST", "::1")).api(80, "").toString());
    }
}
