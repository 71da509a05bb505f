package demo.trace.agent;

/** What the service may ask of the agent's export of spans; counts since the start. */
public interface SpanExportMBean {
    /** Spans that the endpoint took. */
    long getExported();

    /** Spans that were given up, or never taken because too many waited already. */
    long getFailed();

    /** Whether the last batch was given up, or spans were lost while it was on its way. */
    boolean isDown();

    /** Why, in the exporter's words; null while all is well. */
    String getLastError();
}
