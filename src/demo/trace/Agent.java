package demo.trace;

/**
 * What the OpenTelemetry javaagent does with this service's spans, as its extension ({@code demo.trace.agent}) reports.
 * The agent has its own class loader and shares no classes with the service, so both sides use system properties.
 * Without the agent every method has a default.
 *
 * <p>Any thread may call.
 */
public final class Agent {
    private static final String PREFIX = "demo.trace.";

    /** The resource's {@code service.name}, whichever variable set it. */
    public String serviceName() {
        return System.getProperty(PREFIX + "service", "api");
    }

    /** Where spans go, for people, for example {@code http://127.0.0.1:4317 (grpc)}; null when they are not exported. */
    public String destination() {
        return System.getProperty(PREFIX + "destination");
    }

    /** Why spans are not exported. */
    public String offReason() {
        return System.getProperty(PREFIX + "off", "the OpenTelemetry agent is not active");
    }

    /** The rule that an {@code OTEL_*} setting breaks, one line; null when all are valid. */
    public String badSetting() {
        return System.getProperty(PREFIX + "bad-setting");
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

    /**
     * Holds the agent's shutdown until {@link #requestsFinished}: shutdown hooks run concurrently, and the agent must not
     * stop before the last requests' spans have ended.
     */
    public void requestsStarted() {
        System.setProperty(PREFIX + "serving", "true");
    }

    /** Lets the agent flush the spans and stop. */
    public void requestsFinished() {
        System.clearProperty(PREFIX + "serving");
    }
}
