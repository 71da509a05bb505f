package demo.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    enum Colour { RED, GREEN }

    private static Object read(Setting setting, String text) {
        var settings = Settings.from(Map.of(setting.name(), text));
        return switch (setting) {
            case LOG_FILE -> settings.path(setting);
            case LOG_LEVEL -> settings.choice(setting, Colour.class);
            case LOG_ROTATION_SIZE -> settings.bytes(setting, 1_000, 1_000_000_000_000_000_000L);
            case LOG_ROTATION_AGE -> settings.duration(setting, Duration.ofSeconds(1));
            case LOG_COMPRESSION_DELAY -> settings.duration(setting, Duration.ZERO);
            case FAULTS -> settings.onOff(setting);
            case HTTP_PORT -> settings.port(setting);
            case PAYMENTS_URL -> settings.url(setting, "must be a URL", _ -> true);
            case TRAFFIC_TARGET -> settings.trafficTarget();
            case TRAFFIC_RATE -> settings.decimal(setting, 0, 1e6);
            default -> throw new IllegalArgumentException(setting.name());
        };
    }

    @ParameterizedTest
    @CsvSource({"LOG_ROTATION_SIZE, 10MB, 10000000", "LOG_ROTATION_SIZE, 10 MB, 10000000",
        "LOG_ROTATION_SIZE, 1MiB, 1048576", "LOG_ROTATION_SIZE, 2KiB, 2048", "LOG_ROTATION_SIZE, 1.5kB, 1500",
        "LOG_ROTATION_SIZE, 1GB, 1000000000", "LOG_COMPRESSION_DELAY, 500ms, PT0.5S", "LOG_ROTATION_AGE, 30s, PT30S",
        "LOG_ROTATION_AGE, 5m, PT5M", "LOG_ROTATION_AGE, 15 min, PT15M", "LOG_ROTATION_AGE, 24h, PT24H",
        "LOG_ROTATION_AGE, 7d, PT168H", "FAULTS, ON, true", "FAULTS, off, false", "FAULTS, ' ', false",
        "LOG_LEVEL, green, GREEN", "HTTP_PORT, ' ', 8000", "HTTP_PORT, '8001\r', 8001"})
    void readsValuesInTheirUnitsWithoutTheSpaceAroundThem(Setting setting, String text, String value) {
        assertEquals(value, read(setting, text).toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            LOG_ROTATION_SIZE | must be a size such as 10MB or 512KiB, at least 1000 B, at most 1000000000 GB | 10, \
            ten MB, -1MB, 10XB, 999B, 1000000000.1GB, 4000000000GB, 999999999999999GB
            LOG_ROTATION_AGE  | must be a time such as 30s, 5m, 24h or 7d, at least 1s, at most 36500d | 10ms, 36501d, \
            99999999999d
            LOG_FILE          | must be a path that the locale can encode | a\0b
            LOG_FILE          | must be a path with a file name | /
            LOG_LEVEL         | must be one of RED, GREEN | blue
            FAULTS            | must be on or off | yes
            HTTP_PORT         | must be a whole number from 0 to 65535 | -1, 65536, http, 1e3, 80 80, +29562, ٢٩٥٦١
            TRAFFIC_RATE      | must be a number from 0.0 to 1000000.0 | NaN, Infinity, -1, x, 0x1p3, 5d, +5, ٥
            PAYMENTS_URL      | must be a URL | http://x:99999/a, http://x:0, ftp://x, http:/a, //x/a, http://me@x/a, \
            http://x/a#b, http://x y
            TRAFFIC_TARGET    | must be http://HOST[:PORT] | http://x:0, https://x, http://x/a, http://x?a, http://me@x
            """)
    void refusesOtherValuesWithTheRuleAndTheValue(Setting setting, String rule, String values) {
        for (String value : values.split(", ")) {
            assertEquals(setting + " " + rule + ", was '" + value + "'",
                    assertThrows(BadSetting.class, () -> read(setting, value), value).getMessage());
        }
    }

    @ParameterizedTest
    @CsvSource({"LOG_ROTATON_SIZE, LOG_ROTATION_SIZE", "FAULT, FAULTS", "LOGFILE, LOG_FILE", "LGO_LEVEL, LOG_LEVEL",
        "PAYMENT_URL, PAYMENTS_URL"})
    void ignoresUnknownNamesAndReportsOnlyLikelyTypos(String typo, String setting) {
        var settings = Settings.from(Map.of(typo, "1MB", "LOG_FORMAT", "json", "HTTP_TIMEOUT_MS", "5",
                "HTTP_PROXY", "http://proxy:3128", "LOGNAME", "ada", "POCKET_PROT", "1"));

        assertEquals(List.of(typo + " is not a setting and is ignored; did you mean " + setting + "?"),
                settings.likelyTypos("HTTP_", "LOG_", "FAULTS", "PAYMENTS_"));
        assertEquals("10MB", settings.text(Setting.LOG_ROTATION_SIZE));
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, http://127.0.0.1:80/x", "0.0.0.0, http://127.0.0.1:80/x",
        "127.0.0.2, http://127.0.0.2:80/x", "::1, http://[0:0:0:0:0:0:0:1]:80/x"})
    void theApisUrlUsesLoopbackForAWildcardAddress(String host, String url) {
        assertEquals(url, Settings.from(Map.of("HTTP_HOST", host)).api(80, "/x").toString());
    }
}
