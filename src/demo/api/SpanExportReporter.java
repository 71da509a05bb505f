package demo.api;

import demo.log.Console;
import demo.log.Log;
import demo.trace.Agent;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Reports where spans go, when they no longer arrive there, and when they do again: one line for each change. */
final class SpanExportReporter implements AutoCloseable {
    private final Agent agent;
    private final Log log;
    private final Console console;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("span-export").factory());
    private boolean failing; // the timer's thread only
    private long droppedBefore; // the timer's thread only

    SpanExportReporter(Agent agent, Log log, Console console) {
        this.agent = agent;
        this.log = log;
        this.console = console;
    }

    void start(boolean tracingIsActive) {
        if (!tracingIsActive || agent.destination() == null) {
            String text = "traces are not exported: " + agent.offReason();
            console.say(text);
            log.info("trace", text).write();
        } else {
            console.say("traces go to " + agent.destination());
            timer.scheduleWithFixedDelay(this::check, 1, 1, TimeUnit.SECONDS);
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

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
