package demo.trace.agent;

import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizer;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import java.util.Map;

/**
 * What the agent must do for us that no setting of it does. It runs inside the agent, in the agent's class loader, so
 * nothing of the service can be seen from here; it asks over JMX ({@link SpanExportMBean}).
 *
 * <ul>
 * <li>Without an OTLP endpoint nothing is exported, instead of a try at localhost every few seconds.
 * <li>What becomes of exported spans is counted, so that the service can tell when they are lost.
 * <li>At the end spans are taken until the service has finished what is in flight, then flushed.
 * </ul>
 */
public final class TraceExtension implements AutoConfigurationCustomizerProvider {
    @Override
    public void customize(AutoConfigurationCustomizer agent) {
        var export = new SpanExport();
        agent.addPropertiesCustomizer(TraceExtension::noExporterWithoutEndpoint);
        agent.addSpanExporterCustomizer((exporter, config) -> new CountingExporter(exporter, export));
        agent.addTracerProviderCustomizer((spans, config) -> {
            if (!"none".equals(config.getString("otel.traces.exporter"))) {
                export.waitingAtMost(config.getInt("otel.bsp.max.queue.size", 2048)
                        + config.getInt("otel.bsp.max.export.batch.size", 512));
                spans.addSpanProcessorFirst(new EndedSpans(export));
            }
            return spans.addSpanProcessorFirst(new Draining());
        });
    }

    private static Map<String, String> noExporterWithoutEndpoint(ConfigProperties config) {
        boolean endpoint = config.getString("otel.exporter.otlp.endpoint") != null
                || config.getString("otel.exporter.otlp.traces.endpoint") != null;
        boolean otlp = "otlp".equals(config.getString("otel.traces.exporter", "otlp"));
        return otlp && !endpoint ? Map.of("otel.traces.exporter", "none") : Map.of();
    }
}
