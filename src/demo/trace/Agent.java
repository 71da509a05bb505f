package demo.trace;

/**
 * The state of the OpenTelemetry javaagent, as its extension ({@code demo.trace.agent}) reports it. The agent has its
 * own class loader and shares no classes with the service, so both sides use system properties. Any thread may call.
 */
public final class Agent {
    private static final String PREFIX = "demo.trace.";

    /** The resource's {@code service.name}, whichever variable set it. */
    public String serviceName() {
        return System.getProperty(PREFIX + "service", "api");
    }

    /** Where spans go, for example {@code http://127.0.0.1:4317 (grpc)}; null when they are not sent to an OTLP endpoint. */
    public String destination() {
        return System.getProperty(PREFIX + "destination");
    }

    /** Spans that the endpoint accepted. */
    public long exportedSpans() {
        return Long.getLong(PREFIX + "exported", 0);
    }

    /** Spans that were dropped because the endpoint did not accept them. */
    public long failedSpans() {
        return Long.getLong(PREFIX + "failed", 0);
    }

    /** Why the last export failed; null when it succeeded. */
    public String exportError() {
        return System.getProperty(PREFIX + "error");
    }

    /** Delays the agent's shutdown until {@link #requestsFinished}, so that the last requests' spans are exported. */
    public void requestsStarted() {
        System.setProperty(PREFIX + "serving", "true");
    }

    /** Lets the agent flush the spans and stop. */
    public void requestsFinished() {
        System.clearProperty(PREFIX + "serving");
    }
}
