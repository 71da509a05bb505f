package demo.tools.verify;

import demo.tools.verify.Finding.State;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Checks one arrow after the other until its data is found, or until the timeout of the whole run is over; then every
 * further arrow is checked once. An arrow at a service that does not respond is not checked. An exception breaks its
 * arrow, not the run.
 */
final class Verification {
    private static final Duration PAUSE = Duration.ofMillis(250);
    /** For a service that does not listen, and for data that may take hours. */
    private static final Duration SHORT_TIMEOUT = Duration.ofSeconds(5);

    private final List<Arrow> arrows;
    private final Map<String, String> skipped;
    private final Duration timeout;
    private final long startNanos = System.nanoTime();

    /** @param skipped names of arrows, or of services whose arrows are all skipped, with the reason */
    Verification(List<Arrow> arrows, Map<String, String> skipped, Duration timeout) {
        this.arrows = arrows;
        this.skipped = new HashMap<>(skipped);
        this.timeout = timeout;
    }

    List<Result> run(Order order, Consumer<Result> each) {
        var results = new ArrayList<Result>();
        Map<String, String> causes = new HashMap<>(); // the first cause of each arrow that is broken or follows
        for (var arrow : arrows) {
            var finding = finding(arrow, order, causes);
            if (finding.state() == State.BROKEN) {
                var cause = first(arrow.causes(), causes);
                causes.put(arrow.name(), cause == null ? arrow.name() : cause);
                finding = cause == null ? finding : new Finding(State.FOLLOWS, cause, "");
            }
            results.add(new Result(arrow, finding, elapsed(startNanos).toMillis()));
            each.accept(results.getLast());
        }
        return results;
    }

    private Finding finding(Arrow arrow, Order order, Map<String, String> causes) {
        var names = Stream.of(List.of(arrow.name()), arrow.services(), arrow.needs()).flatMap(List::stream);
        var reason = first(names, skipped);
        if (reason != null) {
            skipped.put(arrow.name(), reason);
            return Finding.skipped(reason);
        } else if (first(arrow.services().stream(), causes) != null) {
            return Finding.broken("the service", "not checked");
        }
        long checkNanos = System.nanoTime();
        for (;;) {
            Finding finding;
            boolean hopeless = false;
            try {
                finding = arrow.check().run(order);
            } catch (Finding.Skip e) {
                return Finding.skipped(e.getMessage());
            } catch (IOException e) {
                hopeless = e instanceof ConnectException;
                finding = Finding.broken("a response", e.getMessage());
            }
            hopeless |= finding.state() == State.WAITING;
            boolean over = elapsed(startNanos).plus(PAUSE).compareTo(timeout) > 0
                    || hopeless && elapsed(checkNanos).compareTo(SHORT_TIMEOUT) > 0;
            if (finding.state() == State.OK || over) {
                return finding;
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    /** The first value that one of {@code names} has; null where none has one. */
    private static String first(Stream<String> names, Map<String, String> values) {
        return names.map(values::get).filter(Objects::nonNull).findFirst().orElse(null);
    }

    private static Duration elapsed(long sinceNanos) {
        return Duration.ofNanos(System.nanoTime() - sinceNanos);
    }
}
