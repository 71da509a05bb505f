package demo.api;

import demo.json.Json;
import java.util.LinkedHashMap;

/**
 * An error response as RFC 9457 describes it. Handlers throw it, {@link RequestObserver} sends it. It is an expected
 * result, so it has no stack trace.
 *
 * <p>{@code type} is a reason code from a closed list, for example {@code out_of_stock}. It is the error type of the
 * log line and of the span, and the end of the document's {@code type} URI.
 */
final class Problem extends Exception {
    private static final long serialVersionUID = 1;

    final int status;
    final String type;
    private final String title;

    Problem(int status, String type, String title, String detail) {
        super(detail, null, false, false);
        this.status = status;
        this.type = type;
        this.title = title;
    }

    static Problem badRequest(String type, String detail) {
        return new Problem(400, type, "Bad request", detail);
    }

    static Problem notFound(String detail) {
        return new Problem(404, "not_found", "Not found", detail);
    }

    static Problem internal() {
        return new Problem(500, "internal_error", "Internal error",
                "The service has a defect; its log has the stack trace under this trace id.");
    }

    /** The members of RFC 9457. {@code trace_id} is our extension and is absent outside a trace. */
    byte[] document(String traceId) {
        var members = new LinkedHashMap<String, Object>();
        members.put("type", "urn:demo:problem:" + type);
        members.put("title", title);
        members.put("status", status);
        members.put("detail", getMessage());
        if (traceId != null) {
            members.put("trace_id", traceId);
        }
        return Json.write(members);
    }
}
