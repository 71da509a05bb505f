package demo.tools.traffic;

import java.io.PrintStream;
import java.util.Locale;

/**
 * One line on a terminal that is written anew each second. Daemon thread of its own from {@link #start} to {@link #close}; a line that is
 * a little wrong because counts move meanwhile doesn't matter here, the {@link Summary} is exact.
 */
final class Progress implements AutoCloseable {
    private static final String REWRITE = "\r\u001b[K";
    /** A line that wraps can't be written anew. */
    private static final int WIDTH = 79;

    private final Generator generator;
    private final Tallies tallies;
    private final PrintStream terminal;
    private Thread writer;
    private Tally before = new Tally();

    Progress(Generator generator, Tallies tallies, PrintStream terminal) {
        this.generator = generator;
        this.tallies = tallies;
        this.terminal = terminal;
    }

    Progress start() {
        writer = Thread.ofPlatform().daemon().name("progress").start(this::writeEachSecond);
        return this;
    }

    private void writeEachSecond() {
        try {
            for (int second = 1;; second++) {
                Thread.sleep(1000);
                terminal.print(REWRITE + line(second));
                terminal.flush();
            }
        } catch (InterruptedException e) {
            terminal.print(REWRITE);
            terminal.flush();
        }
    }

    /** What the last second was like. */
    String line(int second) {
        var now = tallies.all();
        var latencies = now.latencies().since(before.latencies());
        var line = String.format(Locale.ROOT,
                "%d s  %,d/s  p50 %s  p99 %s ms  in flight %,d  5xx %,d  no answer %,d  not sent %,d", second,
                now.answers() - before.answers(), Summary.millis(latencies.percentileNanos(0.5)),
                Summary.millis(latencies.percentileNanos(0.99)), generator.inFlight(), now.answers(5), now.failures(),
                now.notSentCount());
        before = now;
        return line.substring(0, Math.min(line.length(), WIDTH));
    }

    @Override
    public void close() {
        writer.interrupt();
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
