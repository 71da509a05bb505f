import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Start here: {@code java Main.java} builds what is stale and runs the service with the OpenTelemetry agent, Pocket
 * (metrics, logs and traces in a browser) and some traffic. Ctrl-C stops everything.
 *
 * <p>Any {@code java} from 11 on can run this file: build.sh finds a JDK 25, or reports what to install, and runs
 * src/demo/tools/launch/Launcher.java on it.
 */
public final class Main {
    private static final String USAGE = "usage: java Main.java [--no-pocket] [--no-traffic] [--help]\n\n"
            + "  --no-pocket   without the page at http://localhost:3000\n"
            + "  --no-traffic  without the generator's five requests per second\n\n"
            + "Settings come from the environment (HTTP_PORT, LOG_FILE, FAULTS=on, …): docs/service.md lists them.";

    public static void main(String[] options) throws IOException, InterruptedException {
        if (Arrays.asList(options).contains("--help")) {
            System.out.println(USAGE);
            return;
        }
        for (String option : options) {
            if (!option.equals("--no-pocket") && !option.equals("--no-traffic")) {
                fail(2, "unknown option " + option + "\n" + USAGE);
            }
        }
        List<String> command = new ArrayList<>(Arrays.asList("bash", buildScript(), "run", "launch"));
        command.addAll(Arrays.asList(options));
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().putIfAbsent("JAVA_HOME", System.getProperty("java.home"));
        try {
            Process launcher = builder.start();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                launcher.destroy();
                launcher.onExit().join();
            }));
            System.exit(launcher.waitFor());
        } catch (IOException e) {
            fail(1, "Main.java: needs bash, found none on the PATH (on Windows, use WSL)");
        }
    }

    /** The build.sh beside the Main.java that was started: the working directory may have another one. */
    private static String buildScript() throws IOException {
        // HotSpot's property is the class of the source launcher, the source file as it was typed, and the options.
        String source = System.getProperty("sun.java.command", "")
                .replaceFirst("^\\S+ ", "").replaceFirst("( --no-(pocket|traffic))*$", "");
        File script = new File(new File(source).getCanonicalFile().getParentFile(), "build.sh");
        if (!source.endsWith(".java") || !script.exists()) {
            fail(1, "Main.java: found no build.sh beside it; start it from its source: java FOLDER/Main.java");
        }
        return script.getPath();
    }

    private static void fail(int exitCode, String message) {
        System.err.println(message);
        System.exit(exitCode);
    }
}
