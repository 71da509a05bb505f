package demo.tools.incident;

import demo.json.Json;
import demo.settings.BadSetting;
import demo.settings.Setting;
import demo.settings.Settings;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SplittableRandom;

/**
 * Switches a fault of the running service on and starts the traffic that shows it, for people who want to find the
 * cause with metrics, traces and logs. One incident at a time; a file remembers it between two calls. TRAFFIC_RATE,
 * when set, replaces the rate of the incident.
 *
 * <p>Nothing that is printed before the incident is solved names the fault. Exit codes: 1 when the service or its
 * traffic cannot be used, 2 for wrong arguments or a bad setting.
 */
public final class Incident {
    private static final String WHILE_RUNNING = """
              just incident --hint                the next hint
              just incident --answer FILE:LINE    cold, warm (file), hot (method) or solved (line)
              just incident --solve               end the incident and read its story
            """.indent(2);
    private static final String USAGE = """
              just incident NAME                  start an incident
              just incident --random              start one without its name
            """.indent(2) + WHILE_RUNNING;
    /** An answer this many lines beside the cause is right. */
    private static final int LINE_TOLERANCE = 2;

    private final Settings settings;
    private final Map<String, String> environment;
    private final PrintStream out;
    private final Path folder;
    private final Path file;
    private final List<Page> pages;
    private final Properties running = new Properties(); // empty: no incident is running

    private Incident(Map<String, String> environment, Path folder, PrintStream out) throws IOException {
        this.environment = environment;
        settings = Settings.from(environment);
        this.folder = folder;
        this.out = out;
        file = folder.resolve("running");
        pages = Page.all(Path.of("incidents"));
        if (Files.exists(file)) {
            try (var in = Files.newBufferedReader(file)) {
                running.load(in);
            }
        }
    }

    public static void main(String[] args) throws InterruptedException {
        System.exit(run(List.of(args), System.getenv(), Path.of("var", "incident"), System.out, System.err));
    }

    /**
     * Runs one command in the project's folder.
     *
     * @param folder for the state and the output of the traffic
     * @return the exit code
     */
    public static int run(List<String> args, Map<String, String> environment, Path folder, PrintStream out,
            PrintStream err) throws InterruptedException {
        try {
            new Incident(environment, folder, out).run(String.join(" ", args));
            return 0;
        } catch (BadSetting | IllegalArgumentException | IOException e) {
            err.println("incident: " + e.getMessage());
            return e instanceof IOException ? 1 : 2;
        }
    }

    private void run(String command) throws IOException, InterruptedException {
        if (command.isEmpty()) {
            out.println("Something is wrong, and you are on call. Start an incident, then find the line of code:");
            pages.forEach(page -> out.println("  just incident " + page.name() + "\n      " + page.quote()));
            out.print(USAGE);
        } else if (command.equals("--random")) {
            start(pages.get(new SplittableRandom().nextInt(pages.size())));
        } else if (command.equals("--hint")) {
            hint(runningPage());
        } else if (command.matches("--answer \\S+:\\d{1,6}")) {
            int colon = command.lastIndexOf(':');
            answer(runningPage(), Path.of(command.substring(9, colon)), Integer.parseInt(command.substring(colon + 1)));
        } else if (command.equals("--solve")) {
            end(runningPage(), "It is over.");
        } else {
            start(named(command));
            out.println("All hints: incidents/" + command + ".md");
        }
    }

    private Page runningPage() throws IOException {
        if (running.isEmpty()) {
            throw new IOException("no incident is running; `just incident` lists them");
        }
        return named(running.getProperty("name"));
    }

    private Page named(String name) {
        return pages.stream().filter(page -> page.name().equals(name)).findFirst().orElseThrow(() ->
                new IllegalArgumentException("unexpected '" + name + "'; names: " + String.join(", ",
                        pages.stream().map(Page::name).toList()) + "; usage:\n" + USAGE.stripTrailing()));
    }

    private void start(Page page) throws IOException, InterruptedException {
        if (!running.isEmpty()) {
            throw new IOException("an incident is running; end it with `just incident --solve`");
        }
        var target = settings.trafficTarget();
        int pagePort = settings.port(Setting.POCKET_PORT);
        switchFault(target, page, true);
        var output = Files.createDirectories(folder).resolve("traffic.out");
        var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@build/traffic.args").redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(Map.of("TRAFFIC_TARGET", target.toString(), "TRAFFIC_MIX", page.mix(),
                "TRAFFIC_DURATION", "30m", "TRAFFIC_RATE", environment.getOrDefault("TRAFFIC_RATE", page.rate())));
        var traffic = builder.start();
        while (!Files.readString(output).contains("visits/s")) {
            if (traffic.waitFor(Duration.ofMillis(50))) {
                switchFault(target, page, false);
                throw new IOException("the traffic ended, the fault is off again: " + Files.readString(output).strip());
            }
        }
        running.putAll(Map.of("name", page.name(), "target", target.toString(), "pid", "" + traffic.pid(),
                "started", Instant.now().toString(), "hints", "0", "answers", "0"));
        save();
        out.println("Your phone rings: " + page.quote());
        out.println("Open http://localhost:" + pagePort + ", wait a minute, and find the line of code."
                + " Traffic runs for half an hour or until the end of the incident.");
        out.print(WHILE_RUNNING);
    }

    private void hint(Page page) throws IOException {
        int hints = count("hints");
        int all = page.hints().size();
        out.println(hints < all ? page.hints().get(hints)
                : "There are no more hints. `just incident --solve` ends the incident and prints its story.");
        running.setProperty("hints", "" + Math.min(hints + 1, all));
        save();
    }

    private void answer(Page page, Path path, int line) throws IOException, InterruptedException {
        running.setProperty("answers", "" + (count("answers") + 1));
        save();
        var cause = page.cause();
        if (!page.causeFile().toAbsolutePath().endsWith(path.normalize())) {
            out.println("Cold: the cause is in another file.");
        } else if (line < cause.firstLine() || line > cause.lastLine()) {
            out.println("Warm: the right file, another method.");
        } else if (Math.abs(line - cause.line()) > LINE_TOLERANCE) {
            out.println("Hot: the right method, another line.");
        } else {
            end(page, "Solved.");
        }
    }

    private void end(Page page, String verdict) throws IOException, InterruptedException {
        var started = Instant.parse(running.getProperty("started"));
        Files.delete(file);
        // A process that started later has only the same id.
        ProcessHandle.of(Long.parseLong(running.getProperty("pid"))).filter(process ->
                process.info().startInstant().orElse(Instant.MAX).isBefore(started)).ifPresent(ProcessHandle::destroy);
        out.println(page.story() + "\n");
        out.println(verdict + " The incident was " + page.name() + ". Minutes: "
                + Duration.between(started, Instant.now()).toMinutes() + ", hints: " + count("hints") + ", answers: "
                + count("answers") + ".");
        switchFault(URI.create(running.getProperty("target")), page, false);
    }

    private void switchFault(URI target, Page page, boolean on) throws IOException, InterruptedException {
        var body = Json.write(Map.of("fault", page.fault(), "on", on));
        var request = HttpRequest.newBuilder(target.resolve("/faults")).timeout(Duration.ofSeconds(10))
                .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
        String found = "no response";
        try (var client = HttpClient.newBuilder().proxy(HttpClient.Builder.NO_PROXY)
                .version(HttpClient.Version.HTTP_1_1).build()) {
            found = "" + client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            // Reported below.
        }
        if (!found.equals("200")) {
            throw new IOException("expected 200 from POST " + request.uri() + ", got " + found + "; start the service"
                    + " with `FAULTS=on java Main.java` or `FAULTS=on just up`, or set HTTP_PORT or TRAFFIC_TARGET");
        }
    }

    private int count(String what) {
        return Integer.parseInt(running.getProperty(what));
    }

    private void save() throws IOException {
        try (var writer = Files.newBufferedWriter(file)) {
            running.store(writer, null);
        }
    }
}
