package demo.traffic;

import java.io.PrintStream;
import java.util.Locale;

/**
 * One line on a terminal that is written anew each second. Daemon thread of its own while it is open; a line that is
 * a little wrong because counts move meanwhile doesn't matter here, the {@link Summary} is exact.
 */
final class Progress implements AutoCloseable {
    private static final String REWRITE = "\r\u001b[K";

    private final Generator generator;
    private final Tallies tallies;
    private final PrintStream terminal;
    private final Thread writer;
    private Tally before = new Tally();

    Progress(Generator generator, Tallies tallies, PrintStream terminal) {
        this.generator = generator;
        this.tallies = tallies;
        this.terminal = terminal;
        writer = Thread.ofPlatform().daemon().name("progress").start(this::writeEachSecond);
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
                "%d s  %,d/s  in flight %,d  5xx %,d  no answer %,d  not sent %,d  p50 %s ms  p99 %s ms", second,
                now.answers() - before.answers(), generator.inFlight(), now.answers(5), now.failures(),
                now.notSentCount(), Summary.millis(latencies.percentileNanos(0.5)),
                Summary.millis(latencies.percentileNanos(0.99)));
        before = now;
        return line;
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
