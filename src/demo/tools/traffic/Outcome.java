package demo.tools.traffic;

import java.net.ConnectException;
import java.net.ProtocolException;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** The result of a visit: a response of a status class, or the reason why there is none. */
enum Outcome {
    STATUS_2XX("2xx"), STATUS_3XX("3xx"), STATUS_4XX("4xx"), STATUS_5XX("5xx"),
    REFUSED("connection refused"),
    TIMED_OUT("timed out"),
    CLOSED("connection closed"),
    NOT_HTTP("not an HTTP response"),
    /** The limit of visits in flight was reached. */
    NOT_SENT("not sent"),
    /** In flight when the run was stopped: neither a response nor a failure of the service. */
    CANCELLED("cancelled");

    static final List<Outcome> RESPONSES = List.of(STATUS_2XX, STATUS_3XX, STATUS_4XX, STATUS_5XX);
    static final List<Outcome> NO_RESPONSE = List.of(REFUSED, TIMED_OUT, CLOSED, NOT_HTTP);

    private final String text;

    Outcome(String text) {
        this.text = text;
    }

    static Outcome of(int status) {
        return RESPONSES.get(Math.clamp(status / 100 - 2, 0, 3));
    }

    /** @param failure what {@link java.net.http.HttpClient} threw */
    static Outcome of(Exception failure) {
        return switch (failure) {
            case TimeoutException _ -> TIMED_OUT;
            case ConnectException _ -> REFUSED;
            case ProtocolException _ -> NOT_HTTP;
            default -> CLOSED;
        };
    }

    @Override
    public String toString() {
        return text;
    }
}
