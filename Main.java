import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Start here: {@code java Main.java} builds what is stale and runs the service with the OpenTelemetry agent, Pocket
 * (its three pillars in a browser) and a little traffic, each a process of its own; Ctrl-C ends them all.
 *
 * <p>Written for Java 11's compiler, so that an older {@code java} finds a JDK 25 by itself, or says what to install,
 * instead of answering with a syntax error. How each program is started stands in build/*.args, made by build.sh.
 */
public final class Main {
    private static final int NEEDED_JAVA = 25;
    private static final String USAGE = String.join("\n",
            "usage: java Main.java [--no-pocket] [--no-traffic] [--help]",
            "",
            "  --no-pocket   without the page at http://localhost:3000; traces stay here unless",
            "                OTEL_EXPORTER_OTLP_ENDPOINT says where they go",
            "  --no-traffic  without the generator's five visits a second",
            "",
            "Settings come from the environment (HTTP_PORT, LOG_FILE, FAULTS=on, …): README.md lists them.");

    private final Path home;
    private final Path java;
    private final List<Process> children = new ArrayList<>(); // guarded by itself

    private Main(Path home, Path java) {
        this.home = home;
        this.java = java;
    }

    public static void main(String[] args) throws Exception {
        long startNanos = System.nanoTime();
        List<String> options = Arrays.asList(args);
        if (options.contains("--help")) {
            System.out.println(USAGE);
            return;
        }
        for (String option : options) {
            if (!option.equals("--no-pocket") && !option.equals("--no-traffic")) {
                System.err.println("unknown option " + option + "\n" + USAGE);
                System.exit(2);
            }
        }
        Path home = home();
        Path jdk = jdk();
        build(home, jdk);
        new Main(home, jdk.resolve("bin/java"))
                .run(!options.contains("--no-pocket"), !options.contains("--no-traffic"), startNanos);
    }

    // ---- what is needed ----------------------------------------------------------------------------------------

    /** The project's folder: the current one, or that of the Main.java on the command line. */
    private static Path home() {
        List<Path> places = new ArrayList<>();
        places.add(Paths.get("."));
        for (String argument : ProcessHandle.current().info().arguments().orElse(new String[0])) {
            if (argument.endsWith("Main.java") && Paths.get(argument).getParent() != null) {
                places.add(Paths.get(argument).getParent());
            }
        }
        for (Path place : places) {
            if (Files.exists(place.resolve("build.sh"))) {
                return place;
            }
        }
        throw exit(1, "run it from the project's folder: there is no build.sh here");
    }

    /** This JDK, or the first of the usual places that is new enough. */
    private static Path jdk() throws IOException {
        List<Path> places = new ArrayList<>(List.of(Paths.get(System.getProperty("java.home"))));
        if (System.getenv("JAVA_HOME") != null) {
            places.add(Paths.get(System.getenv("JAVA_HOME")));
        }
        String user = System.getProperty("user.home");
        for (String folder : List.of("/usr/lib/jvm", "/usr/java", "/opt/java", "/opt", "/Library/Java/JavaVirtualMachines",
                "/opt/homebrew/opt", user + "/.sdkman/candidates/java", user + "/.jdks")) {
            if (Files.isDirectory(Paths.get(folder))) {
                try (DirectoryStream<Path> entries = Files.newDirectoryStream(Paths.get(folder))) {
                    for (Path entry : entries) {
                        places.add(entry);
                        places.add(entry.resolve("Contents/Home"));
                        places.add(entry.resolve("libexec/openjdk.jdk/Contents/Home"));
                    }
                }
            }
        }
        for (Path place : places) {
            if (release(place) >= NEEDED_JAVA && Files.isExecutable(place.resolve("bin/javac"))) {
                return place;
            }
        }
        throw exit(1, "needs a JDK " + NEEDED_JAVA + " or newer and found none (this is Java "
                + Runtime.version().feature() + "): install one, for example Temurin " + NEEDED_JAVA
                + " from adoptium.net, or set JAVA_HOME to it");
    }

    /** 25 for a JDK 25, 0 where there is none: every JDK says so in a file. */
    private static int release(Path jdk) throws IOException {
        Path release = jdk.resolve("release");
        if (Files.isReadable(release)) {
            for (String line : Files.readAllLines(release)) {
                if (line.startsWith("JAVA_VERSION=\"")) {
                    return Integer.parseInt(line.substring(14).split("[^0-9]", 2)[0]);
                }
            }
        }
        return 0;
    }

    /** Runs build.sh when a source is newer than what was built from it. */
    private static void build(Path home, Path jdk) throws IOException, InterruptedException {
        long built = home.resolve("build/api.args").toFile().lastModified();
        boolean fresh;
        try (Stream<Path> sources = Files.walk(home.resolve("src"))) {
            fresh = built > 0 && Stream.concat(sources, Stream.of("build.sh", "dependencies.lock").map(home::resolve))
                    .map(Path::toFile).filter(File::isFile).allMatch(source -> source.lastModified() <= built);
        }
        if (fresh) {
            return;
        }
        ProcessBuilder builder = new ProcessBuilder("bash", "build.sh", "jar").directory(home.toFile()).inheritIO();
        builder.environment().put("JAVA_HOME", jdk.toString());
        int code = builder.start().waitFor();
        if (code != 0) {
            throw exit(1, "the build failed, see above");
        }
    }

    // ---- the processes -----------------------------------------------------------------------------------------

    private void run(boolean pocket, boolean traffic, long startNanos) throws Exception {
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop));
        Map<String, String> environment = System.getenv();
        boolean ownEndpoint = environment.containsKey("OTEL_EXPORTER_OTLP_ENDPOINT")
                || environment.containsKey("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        Map<String, String> toPocket = Map.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + environment.getOrDefault("POCKET_OTLP_PORT", "4318"),
                "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        // The quick compiler alone: half a second sooner here, at the price of peak speed, which five visits don't need.
        String port = environment.getOrDefault("HTTP_PORT", "8000");
        if (isReady(port)) {
            throw exit(1, "port " + port + " answers already; see who has it with `lsof -i :" + port
                    + "`, or set HTTP_PORT to another");
        }
        Process api = start("api", pocket && !ownEndpoint ? toPocket : Map.of(), "-XX:TieredStopAtLevel=1");
        if (pocket) {
            start("pocket", Map.of());
        }
        while (!isReady(port)) {
            if (api.waitFor(10, TimeUnit.MILLISECONDS)) {
                System.exit(api.exitValue());
            }
        }
        System.out.printf("ready after %.1f s; Ctrl-C stops everything%n", (System.nanoTime() - startNanos) / 1e9);
        if (traffic) {
            start("traffic", Map.of("TRAFFIC_TARGET", environment.getOrDefault("TRAFFIC_TARGET",
                    "http://127.0.0.1:" + port)));
        }
        System.exit(api.waitFor());
    }

    private Process start(String program, Map<String, String> environment, String... flags) throws IOException {
        List<String> command = new ArrayList<>(List.of(java.toString()));
        command.addAll(Arrays.asList(flags));
        command.add("@build/" + program + ".args");
        ProcessBuilder builder = new ProcessBuilder(command).directory(home.toFile()).inheritIO();
        builder.environment().putAll(environment);
        Process process = builder.start();
        synchronized (children) {
            children.add(process);
        }
        return process;
    }

    private static boolean isReady(String port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(port))) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write("GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII).equals("HTTP/1.1 200");
        } catch (IOException | IllegalArgumentException e) {
            return false; // not yet; a port that is no number ends the service with a sentence about it
        }
    }

    /** Asks the newest first, so that traffic ends before the service; what does not end within 8 s is killed. */
    private void stop() {
        List<Process> newestFirst = new ArrayList<>();
        synchronized (children) {
            children.forEach(child -> newestFirst.add(0, child));
        }
        newestFirst.forEach(Process::destroy);
        for (Process child : newestFirst) {
            try {
                if (!child.waitFor(8, TimeUnit.SECONDS)) {
                    child.destroyForcibly();
                }
            } catch (InterruptedException e) {
                child.destroyForcibly();
            }
        }
    }

    private static IllegalStateException exit(int code, String why) {
        System.err.println("Main.java: " + why);
        System.exit(code);
        return new IllegalStateException(why);
    }
}
