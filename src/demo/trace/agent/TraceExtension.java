package demo.trace.agent;

import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizer;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

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
    private static final String PREFIX = "demo.trace.";
    private static final String ALL_SIGNALS = "otel.exporter.otlp.";
    private static final String TRACES = "otel.exporter.otlp.traces.";

    @Override
    public void customize(AutoConfigurationCustomizer agent) {
        agent.addPropertiesCustomizer(TraceExtension::adjusted);
        agent.addResourceCustomizer((resource, config) -> {
            resource.getAttributes().forEach((key, value) -> {
                if (key.getKey().equals("service.name")) {
                    report("service", value.toString());
                }
            });
            return resource;
        });
        agent.addSpanExporterCustomizer((exporter, config) ->
                exporter.getClass().getSimpleName().startsWith("Otlp") ? new CountingExporter(exporter) : exporter);
        agent.addSpanProcessorCustomizer((processor, config) -> new GracefulShutdown(processor));
        // Without any processor the SDK creates no ids, and log lines and metrics would have none either.
        agent.addTracerProviderCustomizer((provider, config) ->
                provider.addSpanProcessor(new GracefulShutdown(SpanProcessor.composite())));
    }

    /** Returns the settings to change, and reports where spans go. */
    private static Map<String, String> adjusted(ConfigProperties config) {
        var changes = new HashMap<String, String>();
        // Not in agent.properties, where the name would win over OTEL_RESOURCE_ATTRIBUTES.
        if (text(config, "otel.service.name") == null
                && !config.getMap("otel.resource.attributes").containsKey("service.name")) {
            changes.put("otel.service.name", "api");
        }
        String names = text(config, "otel.traces.exporter");
        var exporters = new ArrayList<>(List.of((names == null ? "otlp" : names).split("\\s*,\\s*")));
        exporters.remove("none");
        String destination = "";
        String off = "OTEL_TRACES_EXPORTER is none";
        if (exporters.contains("otlp")) {
            String urlName = firstSet(config, TRACES + "endpoint", ALL_SIGNALS + "endpoint");
            String protocolName = firstSet(config, TRACES + "protocol", ALL_SIGNALS + "protocol");
            String url = text(config, urlName);
            String protocol = protocolName == null ? "grpc" : text(config, protocolName);
            String error = url == null ? null : error(urlName, url, protocolName, protocol);
            if (error != null) {
                System.err.println(error);
                Runtime.getRuntime().halt(2); // before main, so there are no shutdown hooks to run
            }
            if (url != null) {
                // Over HTTP the general endpoint is a prefix, the endpoint for traces is complete (OTLP specification).
                boolean isPrefix = protocol.startsWith("http") && urlName.equals(ALL_SIGNALS + "endpoint");
                changes.put(TRACES + "endpoint", isPrefix ? url + (url.endsWith("/") ? "" : "/") + "v1/traces" : url);
                changes.put(TRACES + "protocol", protocol);
                destination = url + " (" + protocol + ")";
            } else {
                exporters.remove("otlp");
                off = "OTEL_EXPORTER_OTLP_ENDPOINT is not set";
            }
        }
        changes.put("otel.traces.exporter", exporters.isEmpty() ? "none" : String.join(",", exporters));
        if (config.getBoolean("otel.sdk.disabled", false)) {
            report("off", "OTEL_SDK_DISABLED is true");
        } else if (exporters.isEmpty()) {
            report("off", off);
        } else {
            Collections.replaceAll(exporters, "otlp", destination);
            report("destination", String.join(" and ", exporters));
        }
        return changes;
    }

    /** The rule that the endpoint or the protocol breaks; null when both are valid. */
    private static String error(String urlName, String url, String protocolName, String protocol) {
        if (!protocol.equals("grpc") && !protocol.equals("http/protobuf")) {
            return variable(protocolName) + " must be grpc or http/protobuf, was '" + protocol + "'";
        }
        try {
            URI uri = URI.create(url);
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return null;
            }
        } catch (IllegalArgumentException e) {
            // Reported below.
        }
        return variable(urlName) + " must be a URL such as http://127.0.0.1:4317, was '" + url + "'";
    }

    /** The environment variable of a setting. */
    private static String variable(String name) {
        return name.toUpperCase(Locale.ROOT).replace('.', '_');
    }

    /** Sets or clears a property that {@code demo.trace.Agent} reads. */
    static void report(String name, String value) {
        if (value == null) {
            System.clearProperty(PREFIX + name);
        } else {
            System.setProperty(PREFIX + name, value);
        }
    }

    /** Null when the setting is absent or blank, or {@code name} is null. */
    private static String text(ConfigProperties config, String name) {
        String value = name == null ? null : config.getString(name);
        return value == null || value.isBlank() ? null : value.strip();
    }

    /** The first name whose setting is neither absent nor blank; null when there is none. */
    private static String firstSet(ConfigProperties config, String... names) {
        return Stream.of(names).filter(name -> text(config, name) != null).findFirst().orElse(null);
    }
}
