package demo.tools.verify;

import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Looks at all arrows at once, each until it is found or patience ends; results come in the arrows' order. An arrow
 * that can't be looked at is broken by that, never the run.
 */
final class Verification {
    private static final Duration PAUSE = Duration.ofMillis(250);
    /** A service where nothing listens is not worth the whole patience, nor what may take hours by design. */
    private static final Duration LESS_PATIENCE = Duration.ofSeconds(5);

    private final List<Arrow> arrows;
    private final Set<String> skipped;
    private final Duration patience;

    /** @param skipped names of arrows, or of services none of whose arrows are looked at */
    Verification(List<Arrow> arrows, Set<String> skipped, Duration patience) {
        this.arrows = arrows;
        this.skipped = skipped;
        this.patience = patience;
    }

    List<Result> run(Followed request, Consumer<Result> each) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            long start = System.nanoTime();
            List<Future<Result>> pending = arrows.stream()
                    .map(arrow -> threads.submit((Callable<Result>) () -> result(arrow, request, start))).toList();
            var results = new ArrayList<Result>();
            Map<String, String> causes = new HashMap<>();
            for (var one : pending) {
                results.add(explained(one.get(), causes));
                each.accept(results.getLast());
            }
            return results;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a check failed by itself", e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts the verification", e);
        }
    }

    /** A broken arrow that needs a broken one follows from it. {@code causes}: of each broken arrow so far, the first one. */
    private static Result explained(Result result, Map<String, String> causes) {
        if (!result.broken()) {
            return result;
        }
        var arrow = result.arrow();
        var cause = arrow.needs().stream().map(causes::get).filter(Objects::nonNull).findFirst();
        causes.put(arrow.name(), cause.orElse(arrow.name()));
        return cause.map(first -> new Result(arrow, new Finding.Follows(first), result.took())).orElse(result);
    }

    private Result result(Arrow arrow, Followed request, long start) throws InterruptedException {
        if (isSkipped(arrow)) {
            return new Result(arrow, new Finding.Skipped("asked to"), Duration.ZERO);
        }
        for (;;) {
            boolean hopeless = false;
            Finding finding;
            try {
                finding = arrow.check().look(request);
            } catch (IOException e) {
                hopeless = e instanceof ConnectException;
                finding = Finding.broken("an answer", e.getMessage() == null ? e.toString() : e.getMessage());
            }
            var took = Duration.ofNanos(System.nanoTime() - start);
            boolean settled = finding instanceof Finding.Found || finding instanceof Finding.Skipped;
            hopeless |= finding instanceof Finding.Waiting;
            var most = hopeless && LESS_PATIENCE.compareTo(patience) < 0 ? LESS_PATIENCE : patience;
            if (settled || !arrow.takesTime() || took.plus(PAUSE).compareTo(most) > 0) {
                return new Result(arrow, finding, took);
            }
            Thread.sleep(PAUSE);
        }
    }

    private boolean isSkipped(Arrow arrow) {
        return skipped.contains(arrow.name()) || skipped.contains(arrow.service());
    }
}
