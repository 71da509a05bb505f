package demo.tools.verify;

import demo.settings.Settings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.TreeSet;

/**
 * Follows one order over every arrow of the architecture and reports which arrow is broken, and where to look. The
 * option {@code --skip} leaves out arrows by name, or all arrows of a service; {@code --wait} changes the timeout.
 *
 * <p>Exit codes: 0 when no arrow is broken (some may be waiting or skipped), 1 when one is broken or no order was
 * accepted, 2 for a bad option or setting.
 */
public final class Verify {
    private static final Duration TIMEOUT = Duration.ofSeconds(45);

    private Verify() { }

    public static void main(String[] args) {
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.exit(run(args, Settings.orExit(Deployment::of, "VERIFY_", "STACK_"), TIMEOUT, out, System.err));
    }

    /** The program without its process; returns the exit code. */
    static int run(String[] args, Deployment deployment, Duration timeout, PrintStream out, PrintStream err) {
        var arrows = Arrows.of(deployment);
        var names = new TreeSet<String>();
        arrows.forEach(arrow -> {
            names.add(arrow.name());
            names.addAll(arrow.services());
        });
        var skip = new HashMap<>(deployment.leftOut());
        for (var arg : args) {
            var value = arg.substring(arg.indexOf('=') + 1);
            if (arg.startsWith("--skip=") && names.containsAll(List.of(value.split(",")))) {
                List.of(value.split(",")).forEach(name -> skip.put(name, "--skip"));
            } else if (arg.matches("--wait=\\d{1,5}")) {
                timeout = Duration.ofSeconds(Long.parseLong(value));
            } else {
                err.println("verify: expected --skip=NAME,… with names of " + names
                        + ", or --wait=SECONDS, was '" + arg + "'");
                return 2;
            }
        }
        Order order;
        try {
            order = Order.place(deployment.at("api"));
        } catch (IOException e) {
            err.println("verify: no order was accepted by the API at " + deployment.at("api").base() + ": "
                    + e.getMessage() + "; see just logs api, start the stack with just up, or check VERIFY_API_URL");
            return 1;
        }
        out.println("POST /orders, trace " + order.traceId());
        var results = new Verification(arrows, skip, timeout)
                .run(order, result -> out.println(result.text(deployment)));
        out.println(Result.summary(results));
        return results.stream().anyMatch(result -> result.state() == Finding.State.BROKEN) ? 1 : 0;
    }
}
