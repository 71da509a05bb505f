package demo.trace;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import java.util.concurrent.Callable;

/**
 * The service's side of its traces. The agent makes the server and client spans; this room gives them their route and
 * errors, adds the spans that only the service knows of, and tells the other pillars which span is current. Without
 * the agent everything here does nothing and costs next to nothing.
 *
 * <p>Any thread may call; "current" is the calling thread's span.
 */
public final class Tracing {
    private static final AttributeKey<String> HTTP_ROUTE = AttributeKey.stringKey("http.route");
    private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

    private final Tracer tracer = GlobalOpenTelemetry.getTracer("demo.api");

    /** The current trace's id, 32 lower-case hex digits; null outside a trace. */
    public String traceId() {
        SpanContext context = Span.current().getSpanContext();
        return context.isValid() ? context.getTraceId() : null;
    }

    /** The current span's id, 16 lower-case hex digits; null outside a trace. */
    public String spanId() {
        SpanContext context = Span.current().getSpanContext();
        return context.isValid() ? context.getSpanId() : null;
    }

    /** The current span as W3C Trace Context writes it ({@code 00-trace-span-flags}); null outside a trace. */
    public String traceresponse() {
        SpanContext context = Span.current().getSpanContext();
        return context.isValid()
                ? "00-" + context.getTraceId() + "-" + context.getSpanId() + "-" + context.getTraceFlags().asHex()
                : null;
    }

    /** Names the server span after the route's template, as the semantic conventions ask; the agent knows no templates. */
    public void route(String method, String route) {
        Span.current().updateName(method + " " + route).setAttribute(HTTP_ROUTE, route);
    }

    /** Adds to the current span; a null value adds nothing. */
    public void attribute(String name, String value) {
        Span.current().setAttribute(name, value);
    }

    public void attribute(String name, long value) {
        Span.current().setAttribute(name, value);
    }

    /** Marks the current span as failed for a reason that is a word ({@code card_declined}), not an exception. */
    public void failed(String errorType, String why) {
        Span.current().setStatus(StatusCode.ERROR, why).setAttribute(ERROR_TYPE, errorType);
    }

    /** Marks the current span as failed and records the exception on it. */
    public void failed(Throwable error) {
        Span.current().setStatus(StatusCode.ERROR, String.valueOf(error.getMessage()))
                .setAttribute(ERROR_TYPE, error.getClass().getName())
                .recordException(error);
    }

    /** Runs {@code work} as a span of its own below the current one; what it throws is recorded and thrown on. */
    public <T> T inSpan(String name, Callable<T> work) throws Exception {
        Span span = tracer.spanBuilder(name).startSpan();
        try (var _ = span.makeCurrent()) {
            return work.call();
        } catch (Exception e) {
            failed(e);
            throw e;
        } finally {
            span.end();
        }
    }
}
