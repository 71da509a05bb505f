package demo.api;

import java.util.Objects;

/**
 * An answer that is not what the client asked for, as RFC 9457 describes it. Thrown by handlers, answered by
 * {@link Observed}; it is an outcome, not an accident, so it has no stack trace.
 *
 * <p>{@code type} is a word of a closed list ({@code out_of_stock}): it is the log line's and the span's error type,
 * and the end of the document's {@code type} URI.
 */
final class Problem extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String type;
    private final String title;

    Problem(int status, String type, String title, String detail) {
        super(Objects.requireNonNull(detail), null, false, false);
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("a problem's status must be 400 to 599, was " + status);
        }
        this.status = status;
        this.type = Objects.requireNonNull(type);
        this.title = Objects.requireNonNull(title);
    }

    static Problem badRequest(String type, String detail) {
        return new Problem(400, type, "Bad request", detail);
    }

    static Problem notFound(String detail) {
        return new Problem(404, "not_found", "Not found", detail);
    }

    static Problem internal() {
        return new Problem(500, "internal_error", "Internal error",
                "Something broke on our side; the log has it under this answer's trace id.");
    }

    int status() {
        return status;
    }

    String type() {
        return type;
    }

    /** RFC 9457's members; {@code trace_id} is an extension of ours and absent outside a trace. */
    byte[] document(String traceId) {
        return Json.bytes(json -> {
            json.writeStartObject();
            json.writeStringField("type", "urn:demo:problem:" + type);
            json.writeStringField("title", title);
            json.writeNumberField("status", status);
            json.writeStringField("detail", getMessage());
            if (traceId != null) {
                json.writeStringField("trace_id", traceId);
            }
            json.writeEndObject();
        });
    }
}
