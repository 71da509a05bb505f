package demo.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The spans inside the service; {@code demo.api.OneRequestTest} has the whole trace of a request. */
class TracingTest {
    @Test
    void anExceptionIsRecordedInTheSpanOfTheWorkThatThrewIt() {
        var provider = SdkTracerProvider.builder().addSpanProcessor(
                SimpleSpanProcessor.create(SpanExporter.composite())).build();
        var tracing = new Tracing(OpenTelemetrySdk.builder().setTracerProvider(provider).build());
        var spans = new ArrayList<Span>();

        assertThrows(IOException.class, () -> tracing.inSpan("parent", () -> {
            spans.add(Span.current());
            assertThrows(IllegalStateException.class, () -> tracing.inSpan("child", () -> {
                spans.add(Span.current());
                throw new IllegalStateException("broken");
            }));
            throw new IOException();
        }));

        var ended = spans.stream().map(span -> ((ReadableSpan) span).toSpanData()).toList();
        assertEquals(List.of("parent", "child"), ended.stream().map(span -> span.getName()).toList());
        assertEquals(List.of("", "broken"), ended.stream().map(span -> span.getStatus().getDescription()).toList());
        for (var span : ended) {
            assertEquals(StatusCode.ERROR, span.getStatus().getStatusCode());
            assertEquals(1, span.getEvents().size());
        }
    }
}
