package demo.settings;

/**
 * Every setting of the demo, with its default and what it means: the one list that the programs read, that unknown
 * names are compared with, and that the README's table is checked against. Settings come from the environment;
 * OpenTelemetry's own {@code OTEL_*} are not listed, they go to the agent as they are.
 *
 * <p>Sizes read as {@code 10MB} or {@code 10 MB} (10⁶ bytes; {@code MiB} is 2²⁰), times as {@code 500ms}, {@code 30s},
 * {@code 5m}, {@code 24h}, {@code 7d}.
 */
public enum Setting {
    HTTP_HOST("127.0.0.1", "address that the API listens on"),
    HTTP_PORT("8000", "port that the API listens on"),
    HTTP_MAX_CONNECTIONS("2000", "open connections; one more is closed at once"),
    HTTP_TIMEOUT("30s", "longest time a client may take to send a request or to read an answer"),
    PAYMENTS_URL("", "where payments are taken; empty: this very service"),
    SEED("", "number that makes latencies and failures repeat; empty: a new one at each start"),

    LOG_FILE("var/logs/app.log", "the log that Alloy and Pocket follow"),
    LOG_LEVEL("INFO", "least level that is written: DEBUG, INFO, WARN or ERROR"),
    LOG_ROTATION_SIZE("10MB", "a log file is rotated before it grows past this"),
    LOG_ROTATION_AGE("24h", "a log file is rotated when it is this old"),
    LOG_RETENTION("7d", "rotated files older than this are deleted, except the newest"),
    LOG_RETENTION_SIZE("1GB", "total size of rotated files; above it the oldest are deleted, except the newest"),
    LOG_COMPRESSION_DELAY("15m", "a rotated file stays plain for this long, so that its follower can finish it"),

    FAULTS("off", "on: `/faults` can break the service on purpose"),

    TRAFFIC_TARGET("http://127.0.0.1:8000", "the API that the generator calls"),
    TRAFFIC_RATE("5", "arrivals per second"),
    TRAFFIC_DURATION("0s", "how long; 0s: until stopped"),
    TRAFFIC_MIX("menu=50,order=35,lookup=15", "shares of the kinds of visit: menu, order, lookup, bad (deserves a 4xx)"),
    TRAFFIC_IN_FLIGHT("1000", "visits under way at once; one more is counted as not sent"),
    TRAFFIC_SEED("", "number that makes arrivals and choices repeat; empty: a new one at each start"),

    POCKET_PORT("3000", "port of Pocket's page, on 127.0.0.1"),
    POCKET_OTLP_PORT("4318", "port of Pocket's OTLP/HTTP receiver, on 127.0.0.1");

    private final String defaultValue;
    private final String meaning;

    Setting(String defaultValue, String meaning) {
        this.defaultValue = defaultValue;
        this.meaning = meaning;
    }

    /** The default, spelled as it would be in the environment. */
    public String defaultValue() {
        return defaultValue;
    }

    /** One line for people. */
    public String meaning() {
        return meaning;
    }
}
