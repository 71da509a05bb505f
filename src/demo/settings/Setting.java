package demo.settings;

/**
 * Every setting of the demo with its default and meaning. A test compares the table in docs/service.md with this list.
 * Settings come from the environment. OpenTelemetry's {@code OTEL_*} are not listed, because the agent reads them.
 *
 * <p>Sizes are written as {@code 10MB} (10⁷ bytes) or {@code 10MiB} (10 × 2²⁰ bytes), durations as {@code 500ms},
 * {@code 30s}, {@code 5m}, {@code 24h} or {@code 7d}.
 */
public enum Setting {
    HTTP_HOST("127.0.0.1", "address that the API listens on"),
    HTTP_PORT("8000", "port that the API listens on"),
    HTTP_MAX_CONNECTIONS("2000", "maximum number of open connections; further connections are closed immediately"),
    HTTP_TIMEOUT("30s", "time limit for a client to send a request and to read the response"),
    PAYMENTS_URL("", "URL of the payment provider; empty: this service"),
    SEED("", "number that makes latencies and failures repeatable; empty: random"),

    LOG_FILE("var/logs/app.log", "the log that Alloy and Pocket follow"),
    LOG_LEVEL("INFO", "lowest level that is written: DEBUG, INFO, WARN or ERROR"),
    LOG_ROTATION_SIZE("10MB", "a log file is rotated before it exceeds this size"),
    LOG_ROTATION_AGE("24h", "a log file is rotated when it is this old"),
    LOG_RETENTION("7d", "rotated files older than this are deleted, except the newest"),
    LOG_RETENTION_SIZE("1GB", "total size of rotated files; above it the oldest are deleted, except the newest"),
    LOG_COMPRESSION_DELAY("15m",
            "a rotated file stays uncompressed for this long, so that a collector can read it to its end"),

    FAULTS("off", "on: `/faults` switches simulated faults"),

    TRAFFIC_TARGET("", "the API that the generator calls; empty: the API at HTTP_HOST and HTTP_PORT"),
    TRAFFIC_RATE("5", "arrivals per second"),
    TRAFFIC_DURATION("0s", "how long to send traffic; 0s: until stopped"),
    TRAFFIC_MIX("menu=50,order=35,lookup=15",
            "shares of the kinds of visit: menu, order, lookup, bad (invalid requests that get a 4xx)"),
    TRAFFIC_IN_FLIGHT("1000", "maximum number of visits in flight; further visits are counted as not sent"),
    TRAFFIC_SEED("", "number that makes arrivals and choices repeatable; empty: random"),

    STACK_DATA("var", "folder of the full stack's data: buckets, write-ahead logs, output of native processes"),
    VERIFY_API_URL("", "API that verify calls; empty: this machine, `HTTP_PORT`"),
    VERIFY_API_AUTH("", "credentials for the API: `Bearer TOKEN` or `USER:PASSWORD`; empty: none"),
    VERIFY_MIMIR_URL("http://127.0.0.1:9009/prometheus", "Mimir, with the path before `/api/v1`"),
    VERIFY_MIMIR_AUTH("", "as `VERIFY_API_AUTH`"),
    VERIFY_MIMIR_TENANT("", "tenant (`X-Scope-OrgID`); empty: no tenant"),
    VERIFY_LOKI_URL("http://127.0.0.1:3100", "Loki, with the path before `/loki/api/v1`"),
    VERIFY_LOKI_AUTH("", "as `VERIFY_API_AUTH`"),
    VERIFY_LOKI_TENANT("", "tenant (`X-Scope-OrgID`); empty: no tenant"),
    VERIFY_TEMPO_URL("http://127.0.0.1:3200", "Tempo, with the path before `/api/traces`"),
    VERIFY_TEMPO_AUTH("", "as `VERIFY_API_AUTH`"),
    VERIFY_TEMPO_TENANT("", "tenant (`X-Scope-OrgID`); empty: no tenant"),
    VERIFY_GRAFANA_URL("http://127.0.0.1:3000", "Grafana"),
    VERIFY_GRAFANA_AUTH("admin:admin", "as `VERIFY_API_AUTH`"),
    VERIFY_ALLOY_URL("", "Alloy; empty: checked only if the stack runs as native processes"),
    VERIFY_S3_URL("", "object store with `/minio/health/live`; empty: checked only if the stack runs on this machine"),

    POCKET_PORT("3000", "port of Pocket's page, on 127.0.0.1"),
    POCKET_OTLP_PORT("4318", "port of Pocket's OTLP/HTTP receiver, on 127.0.0.1");

    private final String defaultValue;
    private final String meaning;

    Setting(String defaultValue, String meaning) {
        this.defaultValue = defaultValue;
        this.meaning = meaning;
    }

    /** The default, written as in the environment. */
    public String defaultValue() {
        return defaultValue;
    }

    /** One line for the table in docs/service.md. */
    public String meaning() {
        return meaning;
    }
}
