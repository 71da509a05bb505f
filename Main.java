import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Arrays;
import java.util.List;

/**
 * Start here: {@code java Main.java} builds what is stale and runs the service with the OpenTelemetry agent, Pocket
 * (its three pillars in a browser) and a little traffic, each a process of its own; Ctrl-C ends them all.
 *
 * <p>Any {@code java} from 11 on does: build.sh finds a JDK 25, or says what to install. This file is compiled at each
 * start, so it is short; what starts the processes is src/demo/launch/Launcher.java.
 */
public final class Main {
    private static final String USAGE = "usage: java Main.java [--no-pocket] [--no-traffic] [--help]\n\n"
            + "  --no-pocket   without the page at http://localhost:3000; traces stay here unless\n"
            + "                OTEL_EXPORTER_OTLP_ENDPOINT says where they go\n"
            + "  --no-traffic  without the generator's five visits a second\n\n"
            + "Settings come from the environment (HTTP_PORT, LOG_FILE, FAULTS=on, …): README.md lists them.";

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
        File home = home();
        if (isStale(home)) {
            build(home);
        }
        try (URLClassLoader loader = new URLClassLoader(new URL[] {new File(home, "build/launch/").toURI().toURL()})) {
            loader.loadClass("demo.launch.Launcher").getMethod("launch", File.class, List.class, long.class)
                    .invoke(null, home, options, startNanos);
        }
    }

    /** The project's folder: the current one, or that of the Main.java on the command line. */
    private static File home() {
        if (new File("build.sh").exists()) {
            return new File(".");
        }
        for (String argument : ProcessHandle.current().info().arguments().orElse(new String[0])) {
            File folder = new File(argument).getParentFile();
            if (argument.endsWith("Main.java") && folder != null && new File(folder, "build.sh").exists()) {
                return folder;
            }
        }
        System.err.println("Main.java: run it from the project's folder: there is no build.sh here");
        System.exit(1);
        return null;
    }

    /** Whether a source is newer than what was built from it, or the JDK has gone; build.sh asks the same. */
    private static boolean isStale(File home) {
        long built = new File(home, "build/api.args").lastModified();
        return !new File(home, "build/jdk/bin/java").canExecute() || isNewer(new File(home, "src"), built)
                || isNewer(new File(home, "build.sh"), built) || isNewer(new File(home, "dependencies.lock"), built);
    }

    private static boolean isNewer(File source, long built) {
        File[] inside = source.listFiles();
        if (inside == null) {
            return source.lastModified() > built;
        }
        for (File file : inside) {
            if (isNewer(file, built)) {
                return true;
            }
        }
        return false;
    }

    private static void build(File home) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("bash", "build.sh", "jar").directory(home).inheritIO();
        builder.environment().putIfAbsent("JAVA_HOME", System.getProperty("java.home"));
        if (builder.start().waitFor() != 0) {
            System.exit(1); // build.sh has said why
        }
    }
}
