package demo.trace.agent;

import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizer;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The parts of the javaagent's behaviour that no OTEL_* setting covers. It runs in the agent's class loader, before the
 * service's {@code main}, and reports to {@code demo.trace.Agent} with system properties {@code demo.trace.*}.
 *
 * <ul>
 * <li>Without an OTLP endpoint no span is exported. The agent alone would retry localhost for ever.
 * <li>A malformed endpoint or protocol becomes one line. The agent alone would print a stack trace.
 * <li>Exported and failed spans are counted ({@link CountingExporter}).
 * <li>At shutdown spans are flushed after the last request, for at most a second ({@link GracefulShutdown}).
 * </ul>
 */
public final class TraceExtension implements AutoConfigurationCustomizerProvider {
    private static final String PREFIX = "demo.trace.";

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
        var destinations = new ArrayList<>(exporters);
        String off = "OTEL_TRACES_EXPORTER is none";
        if (exporters.contains("otlp")) {
            var endpoint = Endpoint.of(config);
            if (endpoint != null && endpoint.error() == null) {
                changes.put("otel.exporter.otlp.traces.endpoint", endpoint.tracesUrl());
                changes.put("otel.exporter.otlp.traces.protocol", endpoint.protocol());
                destinations.set(exporters.indexOf("otlp"), endpoint.url() + " (" + endpoint.protocol() + ")");
            } else {
                destinations.remove("otlp");
                exporters.remove("otlp");
                off = "OTEL_EXPORTER_OTLP_ENDPOINT is not set";
                report("bad-setting", endpoint == null ? null : endpoint.error());
            }
        }
        changes.put("otel.traces.exporter", exporters.isEmpty() ? "none" : String.join(",", exporters));
        if (config.getBoolean("otel.sdk.disabled", false)) {
            report("off", "OTEL_SDK_DISABLED is true");
        } else if (exporters.isEmpty()) {
            report("off", off);
        } else {
            report("destination", String.join(" and ", destinations));
        }
        return changes;
    }

    /** Sets or clears a property that {@code demo.trace.Agent} reads. */
    static void report(String name, String value) {
        if (value == null) {
            System.clearProperty(PREFIX + name);
        } else {
            System.setProperty(PREFIX + name, value);
        }
    }

    /** Null when the setting is absent or blank. */
    private static String text(ConfigProperties config, String name) {
        String value = config.getString(name);
        return value == null || value.isBlank() ? null : value.strip();
    }

    /** @param name the variable that sets {@code url} */
    private record Endpoint(String name, String url, String protocol) {
        /** Null when none is set. */
        static Endpoint of(ConfigProperties config) {
            String protocol = text(config, "otel.exporter.otlp.traces.protocol");
            if (protocol == null) {
                protocol = text(config, "otel.exporter.otlp.protocol");
            }
            for (String name : List.of("otel.exporter.otlp.traces.endpoint", "otel.exporter.otlp.endpoint")) {
                if (text(config, name) != null) {
                    return new Endpoint(name, text(config, name), protocol == null ? "grpc" : protocol);
                }
            }
            return null;
        }

        /** The rule that the endpoint breaks; null when it is valid. */
        String error() {
            if (!protocol.equals("grpc") && !protocol.equals("http/protobuf")) {
                return "OTEL_EXPORTER_OTLP_PROTOCOL must be grpc or http/protobuf, was '" + protocol + "'";
            }
            try {
                URI uri = URI.create(url);
                if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                    return null;
                }
            } catch (IllegalArgumentException e) {
                // Not a URI: the same message.
            }
            return name.toUpperCase(Locale.ROOT).replace('.', '_') + " must be a URL such as http://127.0.0.1:4317, was '"
                    + url + "'";
        }

        /** Over HTTP the general endpoint is a prefix, the one for traces is complete (OpenTelemetry specification). */
        String tracesUrl() {
            boolean isPrefix = protocol.startsWith("http") && name.equals("otel.exporter.otlp.endpoint");
            return isPrefix ? url + (url.endsWith("/") ? "" : "/") + "v1/traces" : url;
        }
    }
}
