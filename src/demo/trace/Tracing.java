package demo.trace;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import java.util.Objects;
import java.util.concurrent.Callable;

/**
 * The service's part of its traces. The agent creates server and client spans. This class adds their route and errors,
 * creates the spans inside the service, and reads the current ids for the log and the response. Without the agent
 * there are no ids, and the other methods do nothing but run the given work.
 *
 * <p>Any thread may call. "Current" is the calling thread's span.
 */
public final class Tracing {
    private static final AttributeKey<String> HTTP_ROUTE = AttributeKey.stringKey("http.route");
    private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

    private final Tracer tracer;

    public Tracing(OpenTelemetry openTelemetry) {
        tracer = openTelemetry.getTracer("demo.api");
    }

    /** Whether spans have ids. False without the agent, and when the agent could not start or is disabled. */
    public boolean isActive() {
        return tracer.spanBuilder("unused").startSpan().getSpanContext().isValid();
    }

    /** 32 lower-case hexadecimal digits; null outside a trace. */
    public String traceId() {
        return context().isValid() ? context().getTraceId() : null;
    }

    /** 16 lower-case hexadecimal digits; null outside a trace. */
    public String spanId() {
        return context().isValid() ? context().getSpanId() : null;
    }

    /** The current span in the format of W3C Trace Context ({@code 00-trace-span-flags}); null outside a trace. */
    public String traceresponse() {
        return context().isValid()
                ? "00-" + traceId() + "-" + spanId() + "-" + context().getTraceFlags().asHex() : null;
    }

    private static SpanContext context() {
        return Span.current().getSpanContext();
    }

    /** Names the server span by its route (semantic conventions). The agent does not know the route templates. */
    public void route(String method, String route) {
        Span.current().updateName(method + " " + route).setAttribute(HTTP_ROUTE, route);
    }

    /** Adds an attribute to the current span. */
    public void attribute(String name, String value) {
        Span.current().setAttribute(name, value);
    }

    public void attribute(String name, long value) {
        Span.current().setAttribute(name, value);
    }

    /** Marks the current span as failed with a reason code ({@code card_declined}). */
    public void failed(String errorType, String description) {
        Span.current().setStatus(StatusCode.ERROR, description).setAttribute(ERROR_TYPE, errorType);
    }

    /** Marks the current span as failed and records the exception as its event. */
    public void failed(Throwable error) {
        Span.current().setStatus(StatusCode.ERROR, Objects.requireNonNullElse(error.getMessage(), ""))
                .setAttribute(ERROR_TYPE, error.getClass().getName())
                .recordException(error);
    }

    /** Runs {@code work} in a child of the current span. An exception is recorded and rethrown. */
    public <T> T inSpan(String name, Callable<T> work) throws Exception {
        Span span = tracer.spanBuilder(name).startSpan();
        try (var _ = span.makeCurrent()) {
            try {
                return work.call();
            } catch (Exception e) {
                failed(e); // here the span is still current
                throw e;
            }
        } finally {
            span.end();
        }
    }
}
