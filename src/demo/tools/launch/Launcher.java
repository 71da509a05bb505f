package demo.tools.launch;

import demo.settings.Setting;
import demo.settings.Settings;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Starts Pocket, the service and the traffic generator as child processes, and stops them in the reverse order, so that
 * the service can deliver its last spans. Main.java starts this program in the project's folder and checks the options.
 *
 * <p>A terminal sends Ctrl-C to all of these processes. The children ignore it: only the launcher acts. If the launcher
 * is killed, the watchdog, a shell that waits for the end of its standard input, stops the children.
 */
public final class Launcher {
    private static final int MAX_SECONDS_TO_STOP = 8; // the service waits 2 s for requests, then flushes its spans

    private final URI readyz;
    private final Map<String, String> environment = new HashMap<>(); // of each child
    private final ArrayDeque<Process> children = new ArrayDeque<>(); // newest first; guarded by this
    private Process watchdog;
    private volatile boolean stopping;

    private Launcher(Settings settings, boolean pocket) {
        readyz = settings.api((int) settings.number(Setting.HTTP_PORT, 1, 65_535), "/readyz");
        long otlpPort = settings.number(Setting.POCKET_OTLP_PORT, 1, 65_535);
        if (pocket && (System.getenv().getOrDefault("OTEL_EXPORTER_OTLP_ENDPOINT", "")
                + System.getenv().getOrDefault("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")).isBlank()) {
            environment.put("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:" + otlpPort + "/v1/traces");
            environment.put("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf");
        }
    }

    public static void main(String[] args) throws Exception {
        List<String> options = List.of(args);
        boolean pocket = !options.contains("--no-pocket");
        Launcher launcher = Settings.orExit(settings -> new Launcher(settings, pocket));
        if (launcher.isReady()) { // the service would report a port in use, but only after "ready"
            System.err.println("Main.java: cannot listen on " + launcher.readyz.getAuthority()
                    + ": another service responds there; stop it or set HTTP_PORT to another port");
            System.exit(1);
        }
        System.exit(launcher.run(pocket, !options.contains("--no-traffic")));
    }

    /** Returns the service's exit code when the service has ended. */
    private int run(boolean pocket, boolean traffic) throws Exception {
        watchdog = shell("while read -r pid; do pids=\"$pids $pid\"; done; kill $pids 2>/dev/null").start();
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
        ProcessHandle main = ProcessHandle.current().parent().orElseThrow();
        main.onExit().thenRun(() -> System.exit(1));
        if (pocket) {
            start("pocket");
        }
        // C1 only: the service is ready 0.5 s earlier, at the price of peak throughput.
        CompletableFuture<Integer> service = start("api", "-XX:TieredStopAtLevel=1");
        while (!isReady()) {
            if (service.isDone()) {
                return service.join();
            }
            Thread.sleep(20);
        }
        var elapsed = Duration.between(main.info().startInstant().orElse(Instant.now()), Instant.now());
        System.out.println("ready after " + elapsed.toMillis() / 100 / 10.0 + " s; Ctrl-C stops everything");
        if (traffic) {
            start("traffic");
        }
        return service.join();
    }

    private boolean isReady() {
        try {
            var request = (HttpURLConnection) readyz.toURL().openConnection(Proxy.NO_PROXY);
            request.setReadTimeout(2_000);
            return request.getResponseCode() == 200;
        } catch (IOException e) {
            return false; // not yet
        }
    }

    /** Returns the exit code when the program has ended. The others continue without Pocket and traffic. */
    private synchronized CompletableFuture<Integer> start(String program, String... flags) throws Exception {
        while (stopping) {
            wait(); // the JVM is about to exit
        }
        var java = shell("exec \"$@\"");
        java.command().add(System.getProperty("java.home") + "/bin/java");
        java.command().addAll(List.of(flags));
        java.command().add("@build/" + program + ".args");
        Process child = java.redirectInput(Redirect.INHERIT).start();
        children.push(child);
        watchdog.outputWriter().append(child.pid() + "\n").flush();
        return child.onExit().thenApply(Process::exitValue).whenComplete((code, _) -> {
            if (!stopping && code != 0) {
                System.err.println("Main.java: " + program + " ended with exit code " + code);
            }
        });
    }

    /** A shell with a pipe as standard input; it and what it executes ignore SIGINT and SIGHUP. */
    private ProcessBuilder shell(String script) {
        var builder = new ProcessBuilder("sh", "-c", "trap '' INT HUP; " + script, "sh");
        builder.environment().putAll(environment);
        return builder.redirectOutput(Redirect.INHERIT).redirectError(Redirect.INHERIT);
    }

    private synchronized void stop() {
        stopping = true;
        for (Process child : children) {
            child.destroy();
            child.onExit().completeOnTimeout(child, MAX_SECONDS_TO_STOP, TimeUnit.SECONDS).join();
            child.destroyForcibly();
        }
        watchdog.destroyForcibly();
    }
}
