package demo.tools.launch;

import demo.settings.Setting;
import demo.settings.Settings;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Starts the service, Pocket and the traffic generator as child processes. Stops traffic, then the service, then
 * Pocket, so that the service can deliver its last spans. Main.java starts this program in the project's folder.
 *
 * <p>A terminal sends Ctrl-C to all of these processes. The children ignore it: only the launcher acts. If the launcher
 * is killed, the watchdog, a shell that waits for the end of its standard input, stops the children.
 */
public final class Launcher {
    private static final int MAX_POCKET_RESTARTS = 3;
    private static final int MAX_SECONDS_TO_STOP = 8; // the service waits 2 s for requests, then flushes its spans

    private final URI readyz;
    private final int pocketPort;
    private final int otlpPort;
    private final Map<String, String> environment = new HashMap<>(); // of each child
    private final Map<String, Process> children = new HashMap<>(); // by program; guarded by this
    private boolean stopping; // guarded by this
    private Process watchdog;
    private int pocketRestarts;

    private Launcher(Settings settings) {
        readyz = settings.api((int) settings.number(Setting.HTTP_PORT, 1, 65_535), "/readyz");
        pocketPort = settings.port(Setting.POCKET_PORT);
        otlpPort = (int) settings.number(Setting.POCKET_OTLP_PORT, 1, 65_535);
        environment.put("LOG_FILE", settings.path(Setting.LOG_FILE).toAbsolutePath().toString());
    }

    public static void main(String[] args) throws Exception {
        var options = List.of(args);
        var launcher = Settings.orExit(Launcher::new);
        System.exit(launcher.run(options));
    }

    /** Returns the service's exit code when the service has ended. */
    private int run(List<String> options) throws Exception {
        // Another process on this port would be taken for the service.
        if (!isFree(readyz.getHost(), readyz.getPort(), "; set HTTP_PORT to another port")) {
            return 1;
        }
        boolean pocket = !options.contains("--no-pocket")
                && isFree("127.0.0.1", pocketPort, " (POCKET_PORT); continuing without Pocket")
                && isFree("127.0.0.1", otlpPort, " (POCKET_OTLP_PORT); continuing without Pocket");
        if (pocket && Stream.of("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
                .allMatch(name -> System.getenv().getOrDefault(name, "").isBlank())) {
            environment.put("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:" + otlpPort + "/v1/traces");
            environment.put("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf");
        }
        watchdog = shell("while read -r line; do pids=$line; done; kill $pids 2>/dev/null", List.of()).start();
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
        ProcessHandle main = ProcessHandle.current().parent().orElseThrow();
        main.onExit().thenRun(() -> System.exit(1));
        // C1 only: the service is ready 0.5 s earlier, at the price of peak throughput.
        Process service = start("api", "-XX:TieredStopAtLevel=1");
        if (pocket) {
            start("pocket");
        }
        while (!isReady()) {
            if (service.waitFor(20, TimeUnit.MILLISECONDS)) {
                return service.exitValue(); // the service has reported the reason
            }
        }
        var elapsed = Duration.between(main.info().startInstant().orElse(Instant.now()), Instant.now());
        System.out.println(String.format(Locale.ROOT, "ready after %.1f s; Ctrl-C stops everything",
                elapsed.toMillis() / 1e3)); // printf writes in pieces, between which the service may print
        if (!options.contains("--no-traffic")) {
            start("traffic");
        }
        while (!service.waitFor(500, TimeUnit.MILLISECONDS)) {
            handleEnd("pocket", "; continuing without it");
            handleEnd("traffic", "; continuing without it");
        }
        handleEnd("api", "");
        return service.exitValue();
    }

    private static boolean isFree(String host, int port, String consequence) {
        try (var _ = new ServerSocket(port, 1, InetAddress.getByName(host))) {
            return true;
        } catch (IOException e) {
            report("cannot listen on " + host + ":" + port + ": " + e.getMessage() + consequence);
            return false;
        }
    }

    private boolean isReady() {
        try {
            var request = (HttpURLConnection) readyz.toURL().openConnection(Proxy.NO_PROXY);
            request.setReadTimeout(5_000);
            return request.getResponseCode() == 200;
        } catch (IOException e) {
            return false; // not yet
        }
    }

    /** Reports a program that has failed. Restarts Pocket if it ran out of memory or was killed. */
    private synchronized void handleEnd(String program, String consequence) throws Exception {
        if (stopping || !(children.get(program) instanceof Process child) || child.isAlive()) {
            return;
        }
        children.remove(program);
        int code = child.exitValue(); // 0: TRAFFIC_DURATION has passed; 1 or 2: the program has reported the reason
        boolean restart = program.equals("pocket") && code > 2 && pocketRestarts++ < MAX_POCKET_RESTARTS;
        if (code != 0) {
            report(program + " ended with exit code " + code + (restart ? "; restarting it" : consequence));
        }
        if (restart) {
            start(program);
        }
    }

    private synchronized Process start(String program, String... flags) throws Exception {
        while (stopping) {
            wait(); // the JVM is about to exit
        }
        var command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
        command.addAll(List.of(flags));
        command.add("@build/" + program + ".args");
        Process child = shell("exec \"$@\"", command).redirectInput(Redirect.INHERIT).start();
        children.put(program, child);
        for (Process each : children.values()) {
            watchdog.outputWriter().append(each.pid() + " ");
        }
        watchdog.outputWriter().append("\n").flush();
        return child;
    }

    /** A shell with a pipe as standard input; it and what it executes ignore SIGINT and SIGHUP. */
    private ProcessBuilder shell(String script, List<String> arguments) {
        var command = new ArrayList<>(List.of("sh", "-c", "trap '' INT HUP; " + script, "sh"));
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).redirectOutput(Redirect.INHERIT).redirectError(Redirect.INHERIT);
        builder.environment().putAll(environment);
        return builder;
    }

    private synchronized void stop() {
        stopping = true;
        for (String program : List.of("traffic", "api", "pocket")) {
            if (children.get(program) instanceof Process child) {
                child.destroy();
                child.onExit().completeOnTimeout(child, MAX_SECONDS_TO_STOP, TimeUnit.SECONDS).join();
                child.destroyForcibly();
            }
        }
        watchdog.destroyForcibly();
    }

    private static void report(String message) {
        System.err.println("Main.java: " + message);
    }
}
