package demo.tools.verify;

import demo.settings.Settings;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Follows one order over every arrow of the architecture and reports which arrow is broken, and where to look.
 *
 * <p>Exit codes: 0 when no arrow is broken (some may be waiting or skipped), 1 when one is broken or no order was
 * accepted, 2 for a bad option or setting.
 */
public final class Verify {
    private static final Duration TIMEOUT = Duration.ofSeconds(45);
    private static final String HELP = """
            usage: just verify [--json] [--skip=NAME,…] [--wait=SECONDS] [--list] [--help]

            Orders a coffee under a new trace id and follows it over every arrow of the architecture: into the log, the
            metrics and the traces, into Loki, Mimir, Tempo and their buckets, and through Grafana.

              --json          one JSON document instead of a line per arrow
              --skip=NAME     leaves out arrows by name, or all arrows of a service (--skip=grafana)
              --wait=SECONDS  how long to wait for data (45)
              --list          the arrows, with the file and the setting that each depends on

            Another deployment: VERIFY_LOKI_URL, VERIFY_LOKI_AUTH, VERIFY_LOKI_TENANT and so on; see the settings.
            Exit code 0: no arrow is broken; 1: an arrow is broken; 2: bad option or setting.
            """;

    private Verify() {
    }

    public static void main(String[] args) {
        var out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        int code = Settings.orExit(settings -> {
            try {
                return run(args, Deployment.of(settings), TIMEOUT, out, System.err);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }, "VERIFY_", "STACK_");
        out.flush();
        System.exit(code);
    }

    /** The program without its process; returns the exit code. */
    static int run(String[] args, Deployment deployment, Duration timeout, PrintStream out, PrintStream err) {
        var arrows = Arrows.of(deployment);
        var known = new TreeSet<String>();
        arrows.forEach(arrow -> {
            known.add(arrow.name());
            known.addAll(arrow.services());
        });
        Map<String, String> skip = new HashMap<>(deployment.leftOut());
        boolean json = false;
        for (var arg : args) {
            var value = arg.substring(arg.indexOf('=') + 1);
            if (arg.equals("--help")) {
                out.print(HELP);
                return 0;
            } else if (arg.equals("--list")) {
                arrows.forEach(arrow -> out.println(arrow.name() + ": " + arrow.ends() + ", "
                        + deployment.file(arrow.file()) + ": " + arrow.setting()));
                return 0;
            } else if (arg.equals("--json")) {
                json = true;
            } else if (arg.startsWith("--skip=") && known.containsAll(List.of(value.split(",")))) {
                List.of(value.split(",")).forEach(name -> skip.put(name, "--skip"));
            } else if (arg.matches("--wait=\\d{1,5}")) {
                timeout = Duration.ofSeconds(Long.parseLong(value));
            } else {
                err.println("verify: " + (arg.startsWith("--skip=")
                        ? "--skip must name arrows or services " + known + ", was '" + value + "'"
                        : arg.startsWith("--wait=")
                        ? "--wait must be a whole number of seconds from 0 to 99999, was '" + value + "'"
                        : "unknown option '" + arg
                                + "', expected --json, --skip=NAME, --wait=SECONDS, --list or --help"));
                return 2;
            }
        }
        Order order;
        try {
            order = Order.place(deployment.at("api"));
        } catch (IOException e) {
            err.println("verify: no order was accepted by the API at " + deployment.at("api").base() + ": "
                    + e.getMessage() + "; " + deployment.hint());
            return 1;
        }
        var report = new Report(deployment);
        if (!json) {
            out.println("POST /orders, trace " + order.traceId());
        }
        var results = new Verification(arrows, skip, timeout).run(order,
                json ? _ -> { } : result -> report.line(result, out));
        out.println(json ? report.json(order, results) : Report.end(results));
        return results.stream().anyMatch(result -> result.finding().is(Finding.State.BROKEN)) ? 1 : 0;
    }
}
