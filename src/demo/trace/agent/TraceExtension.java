package demo.trace.agent;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizer;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The parts of the javaagent's behaviour that no OTEL_* setting covers. This class runs in the agent's class loader,
 * before the service's {@code main}, and reports to {@code demo.trace.Agent} with system properties
 * {@code demo.trace.*}.
 *
 * <ul>
 * <li>Without an OTLP endpoint no span is exported. The agent alone would export to localhost.
 * <li>A malformed endpoint or protocol ends the process with one line and exit code 2. The agent alone would print a
 * stack trace.
 * <li>Exported and failed spans are counted ({@link CountingExporter}).
 * <li>At shutdown spans are flushed after the last request, for at most a second ({@link GracefulShutdown}).
 * </ul>
 */
public final class TraceExtension implements AutoConfigurationCustomizerProvider {
    private static final String EXPORTERS = "otel.traces.exporter";
    /** The setting for traces takes precedence over the setting for all signals. */
    private static final List<String> ENDPOINTS =
            List.of("otel.exporter.otlp.traces.endpoint", "otel.exporter.otlp.endpoint");
    private static final List<String> PROTOCOLS =
            List.of("otel.exporter.otlp.traces.protocol", "otel.exporter.otlp.protocol");

    @Override
    public void customize(AutoConfigurationCustomizer agent) {
        agent.addPropertiesCustomizer(TraceExtension::adjusted);
        agent.addResourceCustomizer((resource, config) -> {
            report("service", resource.getAttribute(AttributeKey.stringKey("service.name")));
            return resource;
        });
        agent.addSpanExporterCustomizer((exporter, config) ->
                exporter.getClass().getSimpleName().startsWith("Otlp") ? new CountingExporter(exporter) : exporter);
        agent.addSpanProcessorCustomizer((processor, config) -> new GracefulShutdown(processor));
        // Without a processor the SDK creates no ids, so that log lines and metrics would have no ids. The SDK ignores
        // an empty composite, therefore it is wrapped.
        agent.addTracerProviderCustomizer((provider, config) ->
                provider.addSpanProcessor(new GracefulShutdown(SpanProcessor.composite())));
    }

    /** Returns the settings to change, and reports where spans go. */
    private static Map<String, String> adjusted(ConfigProperties config) {
        var changes = new HashMap<String, String>();
        // Not in agent.properties, where the name would win over OTEL_RESOURCE_ATTRIBUTES.
        if (text(config, "otel.service.name").isEmpty()
                && !config.getMap("otel.resource.attributes").containsKey("service.name")) {
            changes.put("otel.service.name", "api");
        }
        var exporters = new ArrayList<>(config.getList(EXPORTERS, List.of("otlp")));
        String endpointName = firstSet(config, ENDPOINTS);
        String endpoint = text(config, endpointName);
        if (endpoint.isEmpty()) {
            exporters.remove("otlp");
            changes.put(EXPORTERS, exporters.isEmpty() ? "none" : String.join(",", exporters));
        } else if (exporters.contains("otlp")) {
            String protocolName = firstSet(config, PROTOCOLS);
            String protocol = text(config, protocolName).isEmpty() ? "grpc" : text(config, protocolName);
            require(protocol.equals("grpc") || protocol.equals("http/protobuf"), protocolName, protocol,
                    "grpc or http/protobuf");
            require(isUrl(endpoint, protocol.equals("grpc") ? "/?" : ".*"), endpointName, endpoint,
                    "a URL such as http://127.0.0.1:4317");
            // A blank variable would hide the general one. Over HTTP the general endpoint is a prefix (OTLP).
            boolean isPrefix = protocol.startsWith("http") && endpointName.equals(ENDPOINTS.getLast());
            changes.put(ENDPOINTS.getFirst(),
                    isPrefix ? endpoint + (endpoint.endsWith("/") ? "" : "/") + "v1/traces" : endpoint);
            changes.put(PROTOCOLS.getFirst(), protocol);
            report("destination", endpoint + " (" + protocol + ")");
        }
        return changes;
    }

    private static void require(boolean valid, String name, String value, String rule) {
        if (!valid) {
            System.err.println(name.toUpperCase(Locale.ROOT).replace('.', '_') + " must be " + rule + ", was '" + value
                    + "'");
            Runtime.getRuntime().halt(2); // before main, so there are no shutdown hooks to run
        }
    }

    private static boolean isUrl(String text, String pathPattern) {
        try {
            URI uri = new URI(text);
            return uri.getHost() != null && List.of("http", "https").contains(uri.getScheme())
                    && uri.getRawPath().matches(pathPattern) && uri.getRawQuery() == null
                    && uri.getRawFragment() == null;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    /** Sets or clears a property that {@code demo.trace.Agent} reads. */
    static void report(String name, String value) {
        if (value == null) {
            System.clearProperty("demo.trace." + name);
        } else {
            System.setProperty("demo.trace." + name, value);
        }
    }

    /** Empty when the setting is absent or blank. */
    private static String text(ConfigProperties config, String name) {
        return config.getString(name, "").strip();
    }

    /** The first of these settings that is neither absent nor blank, or the last one. */
    private static String firstSet(ConfigProperties config, List<String> names) {
        return names.stream().filter(name -> !text(config, name).isEmpty()).findFirst().orElse(names.getLast());
    }
}
