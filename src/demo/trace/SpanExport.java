package demo.trace;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * What becomes of finished spans, as the agent's extension tells it over JMX: the agent lives in a class loader of its
 * own, and JMX is the JDK's way to speak to it. Before the first batch, and without the agent, all is zero.
 *
 * <p>Any thread may call.
 */
public final class SpanExport {
    private static final String NAME = "demo.trace:type=SpanExport";
    /** A system property: what the agent's own class loader sees as well, even while the JVM ends. */
    private static final String SERVING = "demo.trace.serving";

    /** Where spans go, null when they stay here. */
    public String endpoint() {
        String traces = System.getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        return traces != null ? traces : System.getenv("OTEL_EXPORTER_OTLP_ENDPOINT");
    }

    /** Spans that the endpoint took. */
    public long exported() {
        return attribute("Exported", 0L);
    }

    /** Spans that were given up because the endpoint did not take them, or not soon enough. */
    public long failed() {
        return attribute("Failed", 0L);
    }

    /** Whether spans are being lost. */
    public boolean down() {
        return attribute("Down", false);
    }

    /** Why, null while all is well. */
    public String lastError() {
        return attribute("LastError", null);
    }

    /** Tells the agent that requests are served from now on, so that it waits for their spans at the end. */
    public void serving() {
        System.setProperty(SERVING, "true");
    }

    /** Tells the agent that no more spans come, so that it may flush and end. */
    public void drained() {
        System.clearProperty(SERVING);
    }

    @SuppressWarnings("unchecked")
    private static <T> T attribute(String attribute, T otherwise) {
        try {
            var server = ManagementFactory.getPlatformMBeanServer();
            var name = new ObjectName(NAME);
            return server.isRegistered(name) ? (T) server.getAttribute(name, attribute) : otherwise;
        } catch (JMException e) {
            return otherwise;
        }
    }
}
