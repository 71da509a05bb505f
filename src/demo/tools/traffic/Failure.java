package demo.tools.traffic;

import java.io.IOException;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;

/** Why a visit has no answer. */
enum Failure {
    REFUSED("connection refused"),
    TIMED_OUT("timed out"),
    CLOSED("connection closed"),
    BAD_ANSWER("not an HTTP answer"),
    UNFINISHED("unfinished at the end");

    private final String reason;

    Failure(String reason) {
        this.reason = reason;
    }

    static Failure of(IOException e) {
        return switch (e) {
            case SocketTimeoutException _ -> TIMED_OUT;
            case ConnectException _ -> REFUSED;
            case ProtocolException _ -> BAD_ANSWER;
            default -> CLOSED;
        };
    }

    @Override
    public String toString() {
        return reason;
    }
}
