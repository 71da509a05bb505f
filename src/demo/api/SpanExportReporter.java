package demo.api;

import demo.log.Console;
import demo.log.Log;
import demo.trace.Agent;
import java.time.Duration;

/** Reports the destination of spans, and each start and end of export failures in one line. */
final class SpanExportReporter {
    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(1);

    private final Agent agent;
    private final Log log;
    private final Console console;
    private boolean failing; // the checking thread only
    private long droppedBefore; // the checking thread only

    SpanExportReporter(Agent agent, Log log, Console console) {
        this.agent = agent;
        this.log = log;
        this.console = console;
    }

    void start(boolean tracingIsActive) {
        if (!tracingIsActive || agent.destination() == null) {
            String text = "traces are not sent to an OTLP endpoint; OTEL_EXPORTER_OTLP_ENDPOINT sets one";
            console.say(text);
            log.info("trace", text).write();
        } else {
            console.say("traces go to " + agent.destination());
            Thread.ofVirtual().name("span-export").start(() -> { // a daemon, as all virtual threads
                while (true) {
                    Latency.sleep(CHECK_INTERVAL);
                    check();
                }
            });
        }
    }

    private void check() {
        String error = agent.exportError();
        if (failing == (error != null)) {
            return;
        }
        failing = !failing;
        if (failing) {
            log.warn("trace", "spans are dropped").with("destination", agent.destination())
                    .with("error", error).write();
            console.warn("spans are dropped: " + agent.destination() + " does not accept them (" + error + ")");
        } else {
            long dropped = agent.failedSpans() - droppedBefore;
            droppedBefore += dropped;
            log.info("trace", "spans are exported again").with("destination", agent.destination())
                    .with("spans_dropped", dropped).write();
            console.say("spans are exported again; " + dropped + " were dropped");
        }
    }
}
