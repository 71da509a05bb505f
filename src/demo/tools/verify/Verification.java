package demo.tools.verify;

import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Runs all checks at once, each until its data is found or the timeout is over. Results come in the order of the
 * arrows. An arrow at a service that does not respond is not checked. An exception breaks its arrow, not the run.
 */
final class Verification {
    private static final Duration PAUSE = Duration.ofMillis(250);
    /** For a service that does not listen, and for data that may take hours. */
    private static final Duration SHORT_TIMEOUT = Duration.ofSeconds(5);

    private static final Set<Finding.State> SETTLED = EnumSet.of(Finding.State.OK, Finding.State.SKIPPED);

    private final List<Arrow> arrows;
    private final Map<String, String> skipped;
    private final Duration timeout;

    /** @param skipped names of arrows, or of services whose arrows are all skipped, with the reason */
    Verification(List<Arrow> arrows, Map<String, String> skipped, Duration timeout) {
        this.arrows = arrows;
        this.skipped = skipped;
        this.timeout = timeout;
    }

    List<Result> run(TracedOrder order, Consumer<Result> each) {
        var running = new LinkedHashMap<String, CompletableFuture<Result>>();
        var results = new ArrayList<Result>();
        Map<String, String> causes = new HashMap<>();
        long startNanos = System.nanoTime();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var arrow : arrows) {
                var earlier = Map.copyOf(running);
                running.put(arrow.name(), CompletableFuture.supplyAsync(
                        () -> result(arrow, order, earlier, startNanos), threads));
            }
            for (var one : running.values()) {
                results.add(explained(one.join(), causes));
                each.accept(results.getLast());
            }
        }
        return results;
    }

    /** A broken arrow that needs a broken one follows. {@code causes} maps each broken arrow to its first cause. */
    private static Result explained(Result result, Map<String, String> causes) {
        var arrow = result.arrow();
        var cause = result.is(Finding.State.FOLLOWS) ? result.finding().text() : !result.is(Finding.State.BROKEN) ? null
                : Stream.concat(arrow.needs().stream(), arrow.storedIn().stream()).map(causes::get)
                        .filter(Objects::nonNull).findFirst().orElse(arrow.name());
        if (cause == null) {
            return result;
        }
        causes.put(arrow.name(), cause);
        return cause.equals(arrow.name()) ? result : new Result(arrow, Finding.follows(cause), result.took());
    }

    /** Null when the arrow is checked: neither it nor a service at its ends nor an arrow that it needs is skipped. */
    private String skipReason(Arrow arrow) {
        var own = Stream.concat(Stream.of(arrow.name()), arrow.services().stream()).map(skipped::get);
        var needed = arrows.stream().filter(one -> arrow.needs().contains(one.name())).map(this::skipReason);
        return Stream.concat(own, needed).filter(Objects::nonNull).findFirst().orElse(null);
    }

    private Result result(Arrow arrow, TracedOrder order, Map<String, CompletableFuture<Result>> earlier,
            long startNanos) {
        var reason = skipReason(arrow);
        if (reason != null) {
            return new Result(arrow, Finding.skipped(reason), Duration.ZERO);
        }
        for (var service : arrow.services()) {
            if (earlier.containsKey(service) && earlier.get(service).join().is(Finding.State.BROKEN)) {
                return new Result(arrow, Finding.follows(service), Duration.ofNanos(System.nanoTime() - startNanos));
            }
        }
        for (;;) {
            boolean hopeless = false;
            Finding finding;
            try {
                finding = arrow.check().run(order);
                hopeless = finding.state() == Finding.State.WAITING;
            } catch (IOException e) {
                hopeless = e instanceof ConnectException;
                finding = Finding.broken("a response", e.getMessage() == null ? e.toString() : e.getMessage());
            }
            var took = Duration.ofNanos(System.nanoTime() - startNanos);
            var limit = hopeless && timeout.compareTo(SHORT_TIMEOUT) > 0 ? SHORT_TIMEOUT : timeout;
            if (SETTLED.contains(finding.state()) || took.plus(PAUSE).compareTo(limit) > 0) {
                return new Result(arrow, finding, took);
            }
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted", e);
            }
        }
    }
}
