package demo.tools.verify;

import demo.settings.Setting;
import demo.settings.Settings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Follows one request over every arrow of the architecture and says which one is broken, and where to look.
 *
 * <p>Exit codes: 0 when none is broken (what is waiting or skipped says so), 1 when one is or when no request can be
 * made, 2 for a bad option or setting.
 */
public final class Verify {
    private static final Duration PATIENCE = Duration.ofSeconds(45);
    private static final String HELP = """
            usage: just verify [--json] [--skip=NAME,…] [--list] [--help]

            Orders a coffee under a trace id of its own and follows it over every arrow of the architecture:
            into the log, the metrics and the traces, into Loki, Mimir, Tempo and their buckets, and through Grafana.

              --json        one JSON document instead of a line an arrow
              --skip=NAME   leaves out arrows by name, or all of a service (--skip=grafana); they are listed as skipped
              --list        the arrows, with the file and the setting that each depends on

            Data is waited for up to 45 s. Exit code 0: none broken; 1: some broken; 2: bad option.
            """;

    private Verify() {
    }

    public static void main(String[] args) {
        var out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        int code = Settings.orExit(settings -> run(args, places(settings), PATIENCE, out, System.err));
        out.flush();
        System.exit(code);
    }

    private static Places places(Settings settings) {
        return Places.standard(settings.port(Setting.HTTP_PORT), settings.path(Setting.LOG_FILE));
    }

    /** The program without its process; answers the exit code. */
    static int run(String[] args, Places places, Duration patience, PrintStream out, PrintStream err) {
        boolean json = false;
        Set<String> skip = new TreeSet<>();
        var clock = InstantSource.system();
        try (var http = new Http()) {
            var arrows = new Arrows(http, places, clock).all();
            for (var arg : args) {
                if (arg.equals("--help")) {
                    out.print(HELP);
                    return 0;
                } else if (arg.equals("--list")) {
                    arrows.forEach(arrow -> out.println(arrow.name() + ": " + arrow.from() + " → " + arrow.to() + ", "
                            + arrow.file() + ": " + arrow.setting() + "; when broken: " + arrow.symptom()));
                    return 0;
                } else if (arg.equals("--json")) {
                    json = true;
                } else if (arg.startsWith("--skip=")) {
                    skip.addAll(List.of(arg.substring("--skip=".length()).split(",")));
                } else {
                    err.println("verify: unknown option '" + arg + "', expected --json, --skip=NAME, --list or --help");
                    return 2;
                }
            }
            var known = names(arrows);
            for (var name : skip) {
                if (!known.contains(name)) {
                    err.println("verify: --skip must name an arrow or a service (" + String.join(", ", known) + "), was '" + name + "'");
                    return 2;
                }
            }
            return follow(new Verification(arrows, skip, patience), new Report(arrows), json,
                    new ApiSide(http, places.api(), places.logFile()).order(new SecureRandom(), clock), out);
        } catch (IOException e) {
            err.println("verify: no request to follow, the API at " + places.api() + ": " + e.getMessage()
                    + "; start it with just up, or see just logs api");
            return 1;
        }
    }

    private static int follow(Verification verification, Report report, boolean json, Followed request, PrintStream out) {
        List<Result> results;
        if (json) {
            results = verification.run(request, result -> { });
            out.println(Report.json(request, results));
        } else {
            out.println("POST /orders, trace " + request.traceId());
            results = verification.run(request, result -> report.line(result, out));
            out.println(report.end(results));
        }
        return results.stream().anyMatch(Result::broken) ? 1 : 0;
    }

    private static Set<String> names(List<Arrow> arrows) {
        return arrows.stream().flatMap(arrow -> Stream.of(arrow.name(), arrow.service())).collect(Collectors.toCollection(TreeSet::new));
    }
}
