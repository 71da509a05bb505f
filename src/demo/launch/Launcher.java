package demo.launch;

import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Starts the service, Pocket and a little traffic, each a process of its own, and ends them all when it is asked to
 * end itself. Main.java loads it into whatever {@code java} a person has, so it is compiled for Java 11.
 */
public final class Launcher {
    /** The service ends what is in flight within 5 s, its spans are flushed after that. */
    private static final int SECONDS_TO_END = 8;

    private final File home;
    private final List<Process> children = new ArrayList<>(); // guarded by itself

    private Launcher(File home) {
        this.home = home;
    }

    /**
     * Ends the process with the service's own exit code once that has ended.
     *
     * @param home       the project's folder, with all that build.sh makes
     * @param options    {@code --no-pocket}, {@code --no-traffic}
     * @param startNanos {@link System#nanoTime} when all began
     */
    public static void launch(File home, List<String> options, long startNanos) throws Exception {
        new Launcher(home).run(!options.contains("--no-pocket"), !options.contains("--no-traffic"), startNanos);
    }

    private void run(boolean pocket, boolean traffic, long startNanos) throws Exception {
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop));
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.values().removeIf(String::isBlank); // as the programs read it: absent
        String host = environment.getOrDefault("HTTP_HOST", "127.0.0.1");
        String port = environment.getOrDefault("HTTP_PORT", "8000");
        if (port.matches("0+")) {
            System.err.println("Main.java: HTTP_PORT must be a port of its own here, not 0 (any free one): Pocket and "
                    + "the traffic have to know it");
            System.exit(2);
        }
        if (isReady(host, port)) {
            System.err.println("Main.java: port " + port + " answers already; see who has it with `lsof -i :" + port
                    + "`, or set HTTP_PORT to another");
            System.exit(1);
        }
        // The quick compiler alone: half a second sooner here, at the price of peak speed, which five visits don't need.
        Process api = start("api", pocket ? tracesToPocket(environment) : Map.of(), "-XX:TieredStopAtLevel=1");
        if (pocket) {
            start("pocket", Map.of());
        }
        while (!isReady(host, port)) {
            if (api.waitFor(10, TimeUnit.MILLISECONDS)) {
                System.exit(api.exitValue());
            }
        }
        System.out.printf("ready after %.1f s; Ctrl-C stops everything%n", (System.nanoTime() - startNanos) / 1e9);
        if (traffic) {
            start("traffic", Map.of("TRAFFIC_TARGET", environment.getOrDefault("TRAFFIC_TARGET",
                    "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port)));
        }
        System.exit(api.waitFor());
    }

    private static Map<String, String> tracesToPocket(Map<String, String> environment) {
        if (environment.containsKey("OTEL_EXPORTER_OTLP_ENDPOINT")
                || environment.containsKey("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")) {
            return Map.of();
        }
        return Map.of("OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://127.0.0.1:" + environment.getOrDefault("POCKET_OTLP_PORT", "4318"),
                "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
    }

    private Process start(String program, Map<String, String> environment, String... flags) throws IOException {
        List<String> command = new ArrayList<>(List.of(new File(home, "build/jdk/bin/java").getAbsolutePath()));
        command.addAll(Arrays.asList(flags));
        command.add("@build/" + program + ".args");
        ProcessBuilder builder = new ProcessBuilder(command).directory(home).inheritIO();
        builder.environment().putAll(environment);
        Process process = builder.start();
        synchronized (children) {
            children.add(process);
        }
        return process;
    }

    private static boolean isReady(String host, String port) {
        try (Socket socket = new Socket(host, Integer.parseInt(port))) { // 0.0.0.0, every address, is this machine's own
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write("GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII).equals("HTTP/1.1 200");
        } catch (IOException | IllegalArgumentException e) {
            return false; // not yet; a port that is no number ends the service with a sentence about it
        }
    }

    /** Asks the newest first, so that traffic ends before the service; what does not end in time is killed. */
    private void stop() {
        List<Process> newestFirst = new ArrayList<>();
        synchronized (children) {
            children.forEach(child -> newestFirst.add(0, child));
        }
        newestFirst.forEach(Process::destroy);
        for (Process child : newestFirst) {
            try {
                if (!child.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
                    child.destroyForcibly();
                }
            } catch (InterruptedException e) {
                child.destroyForcibly();
            }
        }
    }
}
