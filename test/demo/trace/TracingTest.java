package demo.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The spans inside the service; {@code demo.api.OneRequestTest} has the whole trace of a request. */
class TracingTest {
    private final List<SpanData> spans = new ArrayList<>();

    @Test
    void anExceptionIsRecordedInTheSpanOfTheWorkThatThrewIt() {
        var exporter = new SpanExporter() {
            @Override
            public CompletableResultCode export(Collection<SpanData> ended) {
                spans.addAll(ended);
                return CompletableResultCode.ofSuccess();
            }

            @Override
            public CompletableResultCode flush() {
                return CompletableResultCode.ofSuccess();
            }

            @Override
            public CompletableResultCode shutdown() {
                return CompletableResultCode.ofSuccess();
            }
        };
        var provider = SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(exporter)).build();
        try (var sdk = OpenTelemetrySdk.builder().setTracerProvider(provider).build()) {
            var tracing = new Tracing(sdk);
            assertThrows(IOException.class, () -> tracing.inSpan("parent", () -> {
                assertThrows(IllegalStateException.class, () -> tracing.inSpan("child", () -> {
                    throw new IllegalStateException("broken");
                }));
                assertEquals(1, spans.size());
                throw new IOException();
            }));
        }
        assertEquals(List.of("child", "parent"), spans.stream().map(SpanData::getName).toList());
        assertEquals(List.of("broken", ""), spans.stream().map(span -> span.getStatus().getDescription()).toList());
        for (SpanData span : spans) {
            assertEquals(StatusCode.ERROR, span.getStatus().getStatusCode());
            assertEquals(1, span.getEvents().size());
        }
    }
}
