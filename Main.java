import java.io.File;
import java.io.IOException;
import java.util.Arrays;

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
            + "  --no-traffic  without the generator's five visits per second\n\n"
            + "Settings come from the environment (HTTP_PORT, LOG_FILE, FAULTS=on, …): docs/service.md lists them.";

    public static void main(String[] options) throws InterruptedException {
        for (String option : options) {
            if (option.equals("--help")) {
                System.out.println(USAGE);
                System.exit(0);
            } else if (!option.equals("--no-pocket") && !option.equals("--no-traffic")) {
                fail(2, "unknown option " + option + "\n" + USAGE);
            }
        }
        if (!new File("src/demo/tools/launch").exists()) { // another folder may have another build.sh
            fail(1, "Main.java: start it in the project's folder: cd FOLDER && java Main.java");
        }
        ProcessBuilder builder = new ProcessBuilder("bash", "build.sh", "run", "launch").inheritIO();
        builder.command().addAll(Arrays.asList(options));
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

    private static void fail(int exitCode, String message) {
        System.err.println(message);
        System.exit(exitCode);
    }
}
